import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'

/**
 * What a server, or a proxy before it, may do to the program that no server of ours does: it closes in the middle of what it
 * is sent, or of the head of its answer. `npm run test:hard` has 200 clients.
 */
const clients = Number(process.env.ROADSTEAD_FORWARD_CLIENTS ?? 13)
const folder = mkdtempSync(join(tmpdir(), 'roadstead-peers-'))
const socketPath = join(folder, 'web.sock')
const refusal = '{"message":"zz is read-only"}'
const refused = `HTTP/1.1 403 Forbidden\r\nContent-Length: ${refusal.length}\r\nConnection: close\r\n\r\n${refusal}`

/** What is answered to the first piece of a request, and how the connection ends after it. */
let says = ''
let ends: (socket: Socket) => void = () => {}
let forwarder: ChildProcess
let bare = 0
const server = createServer({ allowHalfOpen: true }, (socket) => {
  socket.on('error', () => {})
  socket.once('data', () => {
    // Nothing after it is taken: what then is closed is reset (RFC 9293, section 3.6.1).
    socket.pause()
    socket.write(says, () => ends(socket))
  })
})
const resets = (socket: Socket) => socket.resetAndDestroy()
const closes = (socket: Socket) => socket.destroy()
const endsFirst = (socket: Socket) => socket.end(() => socket.destroy())

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const program = join(import.meta.dirname, 'docker-forward.mjs')
  forwarder = spawn(process.execPath, [program, `http://localhost:${port}/h/web`, socketPath], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ROADSTEAD_TOKEN: 'rst_any' },
  })
  await new Promise((resolve) => forwarder.stdout?.once('data', resolve))
  bare = descriptors()
})
afterAll(() => {
  forwarder?.kill()
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

const descriptors = () => readdirSync(`/proc/${forwarder.pid}/fd`).length

/** What a client is told, and whether the connection ended or was reset. */
function ask(head: string, body: Buffer = Buffer.alloc(0)) {
  return new Promise<string>((resolve) => {
    const socket = connect({ path: socketPath, allowHalfOpen: true })
    let text = ''
    const over = (ended: string) => {
      socket.destroy()
      resolve(`${ended}: ${text}`)
    }
    socket.on('data', (chunk) => {
      text += chunk
    })
    socket.on('end', () => over('end'))
    socket.on('error', ({ message }) => over(message))
    socket.write(head)
    socket.write(body)
  })
}
const body = Buffer.alloc(3_000_000)
const upload = () => ask(`PUT /v1.41/x HTTP/1.1\r\nHost: d\r\nContent-Length: ${body.length}\r\n\r\n`, body)
const small = () => ask('GET /v1.41/x HTTP/1.1\r\nHost: d\r\n\r\n')
/** Podman's client, which asks for no stream and is told of none. */
const start = () => ask('POST /v4.0.0/libpod/exec/abc/start HTTP/1.1\r\nHost: d\r\n\r\n')
const crowd = async (client: () => Promise<string>, count = clients) => [
  ...new Set(await Promise.all(Array.from({ length: count }, client))),
]

it.each([
  ['closes', closes],
  ['resets', resets],
  ['ends and closes', endsFirst],
])('hands on the refusal of an upload by a peer that %s without taking the rest', async (_, end) => {
  says = refused
  ends = end
  expect(await crowd(upload)).toEqual([`end: ${refused}`])
})

/** Which of the two finds it first is for the machine to say. */
const reset = /read ECONNRESET|write (?:ECONNRESET|EPIPE)/
const cut = 'HTTP/1.1 200 OK\r\nContent-Le'
it.each([
  ['before an answer', small, '', resets, reset],
  ['before an answer', small, '', endsFirst, /it ended the connection without an answer/],
  ['in the head of an answer', small, cut, endsFirst, /it ended the connection without an answer/],
  ['in the head of an answer', start, cut, endsFirst, /it ended the connection without an answer/],
  ['in the head of an answer', small, cut, resets, reset],
  ['in a head without end', small, 'x'.repeat(70_000), () => {}, /its answer is none of HTTP/],
])('tells why there is no answer of a peer that is gone %s', async (_, client, answer, end, reason) => {
  says = answer
  ends = end
  const told = await crowd(client, 3)
  for (const one of told) {
    expect(one).toMatch(/^end: HTTP\/1.1 502 Bad Gateway\r\n/)
    const [, why = ''] = /\{"message":"Roadstead cannot be reached: (.*)"\}/.exec(one) ?? []
    expect(why).toMatch(reason)
  }
})

it('hands on as much of an answer as there was, which its length tells from a whole one', async () => {
  says = 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'
  ends = endsFirst
  expect(await crowd(upload, 5)).toEqual([`end: ${says}`])
})

it('keeps nothing open for who left before a request was whole', async () => {
  for (let client = 0; client < clients; client++) {
    const socket = connect(socketPath)
    socket.write(client % 2 === 0 ? '' : 'GET /v1.41/info HTTP/1.1\r\nHo', () => socket.destroy())
  }
  await expect.poll(descriptors).toBeLessThanOrEqual(bare)
})
