#!/usr/bin/env node
// Makes a host of Roadstead look like an engine on this machine, for clients that can send neither a token nor a path:
// buildx and compose builds send no header of the docker configuration (moby/moby#45446), BuildKit leaves the path away.
//
//   ROADSTEAD_TOKEN=rst_… node docker-forward.mjs https://roadstead.example/h/web-1 [SOCKET]
//
// Needs Node 18 or newer and nothing else. One connection is one request: its head is rewritten, the rest passes.
import { chmodSync, rmSync } from 'node:fs'
import { connect as connectPlain, createServer, isIP } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'

const [address = '', given] = process.argv.slice(2)
const token = process.env.ROADSTEAD_TOKEN ?? ''
const url = URL.canParse(address) ? new URL(address) : null
const name = /\/h\/([^/]+)\/?$/.exec(url?.pathname ?? '')?.[1]
if (!url || !name || !/^rst_[\w-]+$/.test(token)) {
  process.stderr.write(
    'Usage: ROADSTEAD_TOKEN=rst_… node docker-forward.mjs https://roadstead.example/h/HOST [SOCKET]\n',
  )
  process.exit(2)
}
const socketPath = given ?? join(process.env.XDG_RUNTIME_DIR ?? tmpdir(), `roadstead-${name}.sock`)
const secure = url.protocol === 'https:'
const target = { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || (secure ? 443 : 80)) }
/** podman's remote client types into these without a word of it, which no proxy lets through. */
const typed = /^\/v[\d.]+\/libpod\/(?:exec\/[^/]+\/start|containers\/[^/]+\/attach)(?:\?|$)/
const longestHead = 64 * 1024
/** Milliseconds for a client to take in an answer that came before its body was sent. */
const lingerMs = 10_000

/**
 * The head as the gateway wants it; the connection ends with its answer, so that no second request follows. `asked`: it asks
 * for a stream in the name of a client that did not.
 */
function rewrite(head) {
  const [line = '', ...fields] = head.split('\r\n')
  const [method, path, version] = line.split(' ')
  const upgrades = fields.some((field) => /^upgrade:/i.test(field))
  const asked = !upgrades && typed.test(path)
  const kept = fields.filter(
    (field) =>
      !/^(host|authorization|roadstead-host):/i.test(field) && (upgrades || !/^connection:/i.test(field)),
  )
  const lines = [
    `${method} ${url.pathname.replace(/\/$/, '')}${path} ${version}`,
    `Host: ${url.host}`,
    `Authorization: Bearer ${token}`,
    // Says that BuildKit's session finds its way, so that the engine's own builder is offered.
    `Roadstead-Host: ${name}`,
    ...(upgrades ? [] : asked ? ['Connection: Upgrade', 'Upgrade: tcp'] : ['Connection: close']),
    ...kept,
    '\r\n',
  ]
  return { text: lines.join('\r\n'), asked }
}

/**
 * Hands an answer on from the end of its head, so that of one that breaks off in it the reason can be told instead. `asked`: a
 * stream is passed as Podman gives it to who asked for none, which is a 200 with the output behind it, to the end of the
 * connection. Told of a 101, such a client waits for the answer after it.
 */
function passAnswer(upstream, client, asked) {
  let seen = Buffer.alloc(0)
  const read = (chunk) => {
    seen = Buffer.concat([seen, chunk])
    const end = seen.indexOf('\r\n\r\n')
    if (end === -1) {
      if (seen.length > longestHead) upstream.destroy(new Error('its answer is none of HTTP'))
      return
    }
    upstream.off('data', read)
    upstream.pause()
    const [line = '', ...fields] = seen.toString('latin1', 0, end).split('\r\n')
    if (asked && line.startsWith('HTTP/1.1 101 ')) {
      const kept = fields.filter((field) => !/^(connection|upgrade):/i.test(field))
      client.write(['HTTP/1.1 200 OK', ...kept].join('\r\n'), 'latin1')
      client.write(seen.subarray(end))
    } else client.write(seen)
    upstream.pipe(client)
  }
  upstream.on('data', read)
}

/**
 * Goes on reading where writing fails, of which `deaf` is told with the error. Node gives up both at once, though who refuses
 * an upload, and closes without taking the rest of it, has said why before.
 */
function readOn(socket, deaf) {
  for (const method of ['_write', '_writev']) {
    const write = socket[method]
    socket[method] = (...given) => {
      const done = given.pop()
      write.call(socket, ...given, (error) => {
        if (error) deaf(error)
        done()
      })
    }
  }
}

// Its owner's alone: who may connect has the token's rights.
process.umask(0o177)
rmSync(socketPath, { force: true })
const server = createServer({ allowHalfOpen: true }, (client) => {
  let seen = Buffer.alloc(0)
  client.on('error', () => client.destroy())
  const leaves = () => client.destroy()
  const read = (chunk) => {
    seen = Buffer.concat([seen, chunk])
    const end = seen.indexOf('\r\n\r\n')
    if (end === -1) {
      if (seen.length > longestHead) client.destroy()
      return
    }
    client.off('data', read).off('end', leaves)
    client.pause()
    const options = { ...target, allowHalfOpen: true }
    // An address is no name for TLS to ask for; the certificate is held to it all the same.
    const named = isIP(target.host) ? {} : { servername: target.host }
    const upstream = secure ? connectTls({ ...options, ...named }) : connectPlain(options)
    let reason = ''
    // What the client still sends nobody takes. Some send all of it before they read.
    const drain = () => client.unpipe(upstream).resume()
    readOn(upstream, ({ message }) => {
      reason ||= message
      drain()
      upstream.setTimeout(lingerMs, () => upstream.destroy())
    })
    upstream.on('error', ({ message }) => {
      reason ||= message
    })
    upstream.once('end', () => client.bytesWritten === 0 && upstream.destroy())
    upstream.on('close', () => {
      drain()
      // Closed at once, a client that sends would lose the answer with it.
      const wait = () => client.setTimeout(lingerMs, () => client.destroy())
      if (client.writableFinished) wait()
      else client.once('finish', wait)
      if (client.bytesWritten > 0) return client.end()
      const why = reason || 'it ended the connection without an answer'
      const body = `${JSON.stringify({ message: `Roadstead cannot be reached: ${why}` })}\n`
      client.end(
        `HTTP/1.1 502 Bad Gateway\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
      )
    })
    client.on('close', () => upstream.destroy())
    const { text, asked } = rewrite(seen.toString('latin1', 0, end))
    upstream.write(text, 'latin1')
    upstream.write(seen.subarray(end + 4))
    client.pipe(upstream)
    passAnswer(upstream, client, asked)
  }
  client.on('data', read).once('end', leaves)
})
server.listen(socketPath, () => {
  chmodSync(socketPath, 0o600)
  process.stdout.write(`export DOCKER_HOST=unix://${socketPath}\n`)
})
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(0))
process.on('exit', () => rmSync(socketPath, { force: true }))
