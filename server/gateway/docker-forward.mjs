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

/** The head as the gateway wants it; the connection ends with its answer, so that no second request follows. */
function rewrite(head) {
  const [line = '', ...fields] = head.split('\r\n')
  const [method, path, version] = line.split(' ')
  const upgrades = fields.some((field) => /^upgrade:/i.test(field))
  const kept = fields.filter(
    (field) =>
      !/^(host|authorization|roadstead-host):/i.test(field) && (upgrades || !/^connection:/i.test(field)),
  )
  return [
    `${method} ${url.pathname.replace(/\/$/, '')}${path} ${version}`,
    `Host: ${url.host}`,
    `Authorization: Bearer ${token}`,
    // Says that BuildKit's session finds its way, so that the engine's own builder is offered.
    `Roadstead-Host: ${name}`,
    ...(upgrades ? [] : typed.test(path) ? ['Connection: Upgrade', 'Upgrade: tcp'] : ['Connection: close']),
    ...kept,
    '\r\n',
  ].join('\r\n')
}

// Its owner's alone: who may connect has the token's rights.
process.umask(0o177)
rmSync(socketPath, { force: true })
const server = createServer({ allowHalfOpen: true }, (client) => {
  let seen = Buffer.alloc(0)
  client.on('error', () => client.destroy())
  const read = (chunk) => {
    seen = Buffer.concat([seen, chunk])
    const end = seen.indexOf('\r\n\r\n')
    if (end === -1) {
      if (seen.length > longestHead) client.destroy()
      return
    }
    client.off('data', read)
    client.pause()
    const options = { ...target, allowHalfOpen: true }
    // An address is no name for TLS to ask for; the certificate is held to it all the same.
    const named = isIP(target.host) ? {} : { servername: target.host }
    const upstream = secure ? connectTls({ ...options, ...named }) : connectPlain(options)
    upstream.on('error', (error) => {
      const body = `${JSON.stringify({ message: `Roadstead cannot be reached: ${error.message}` })}\n`
      if (upstream.bytesRead === 0 && client.writable)
        client.end(
          `HTTP/1.1 502 Bad Gateway\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
        )
      else client.destroy()
    })
    client.on('close', () => upstream.destroy())
    upstream.write(rewrite(seen.toString('latin1', 0, end)), 'latin1')
    upstream.write(seen.subarray(end + 4))
    client.pipe(upstream)
    upstream.pipe(client)
  }
  client.on('data', read)
})
server.listen(socketPath, () => {
  chmodSync(socketPath, 0o600)
  process.stdout.write(`export DOCKER_HOST=unix://${socketPath}\n`)
})
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(0))
process.on('exit', () => rmSync(socketPath, { force: true }))
