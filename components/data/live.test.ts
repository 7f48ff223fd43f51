import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type WebSocket as ServerSocket, WebSocketServer } from 'ws'
import { closeCodes } from '#lib/close-codes.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import type { ClientFrame, ServerFrame } from '#lib/fleet/live-protocol.ts'
import { LiveClient, type LiveOptions } from './live.ts'

const now = '2026-01-01T00:00:00.000Z'
const snapshot = (seq: number, ...ids: string[]): ServerFrame => ({
  type: 'snapshot',
  epoch: 'e1',
  seq,
  now,
  snapshot: {
    hosts: ids.map((id) => ({ id }) as Host),
    containers: [],
    images: [],
    volumes: [],
    networks: [],
    pods: [],
  },
})

let server: WebSocketServer
let port: number
let sockets: ServerSocket[]
let hellos: ClientFrame[]
let answer: (socket: ServerSocket, hello: ClientFrame) => void
let client: LiveClient | undefined

async function listen(at = 0): Promise<void> {
  server = new WebSocketServer({ port: at, host: '127.0.0.1' })
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
  server.on('connection', (socket) => {
    sockets.push(socket)
    socket.on('message', (data) => {
      const hello = JSON.parse(String(data)) as ClientFrame
      hellos.push(hello)
      answer(socket, hello)
    })
  })
}
async function silence(): Promise<void> {
  for (const socket of server.clients) socket.terminate()
  await new Promise((resolve) => server.close(resolve))
}
const send = (frame: ServerFrame) => sockets.at(-1)?.send(JSON.stringify(frame))
function start(options: Partial<LiveOptions> = {}): LiveClient {
  client = new LiveClient({
    connect: () => new WebSocket(`ws://127.0.0.1:${port}`),
    onSignedOut: () => {},
    schedule: (flush) => flush(),
    firstWaitMs: 20,
    ...options,
  })
  client.start()
  return client
}
const until = (check: () => boolean) => vi.waitUntil(check, { timeout: 30_000, interval: 5 })

beforeEach(async () => {
  sockets = []
  hellos = []
  answer = (socket) => socket.send(JSON.stringify(snapshot(3, 'a')))
  await listen()
})
afterEach(async () => {
  client?.stop()
  client = undefined
  await silence()
})

describe('LiveClient', () => {
  it('says hello, takes the snapshot and follows deltas', async () => {
    const times: string[] = []
    const live = start({ onServerTime: (time) => times.push(time) })
    expect(live.connection().state).toBe('connecting')
    await until(() => live.connection().state === 'live')
    expect(hellos).toEqual([{ type: 'hello' }])
    expect(times).toEqual([now])
    send({ type: 'delta', seq: 4, changes: [{ type: 'host', host: { id: 'b' } as Host }] })
    await until(() => live.fleet().hosts.has('b'))
    expect([...live.fleet().hosts.keys()]).toEqual(['a', 'b'])
  })

  it('after a cut keeps the data, says since when, and resumes from what it has', async () => {
    const live = start()
    await until(() => live.connection().state === 'live')
    answer = (socket) => socket.send(JSON.stringify({ type: 'resumed', epoch: 'e1', seq: 4, now }))
    const seen: string[] = []
    live.subscribe(() => seen.push(live.connection().state))
    sockets[0]?.terminate()
    await until(() => hellos.length === 2)
    expect(hellos[1]).toEqual({ type: 'hello', epoch: 'e1', seq: 3 })
    await until(() => live.connection().state === 'live')
    expect(seen[0]).toBe('reconnecting')
    expect(live.fleet().hosts.has('a')).toBe(true)
    send({ type: 'delta', seq: 4, changes: [{ type: 'hostRemoved', hostId: 'a' }] })
    await until(() => live.fleet().hosts.size === 0)
  })

  it('keeps trying while the server is away', async () => {
    const live = start()
    await until(() => live.connection().state === 'live')
    const samePort = port
    await silence()
    await until(() => live.connection().state === 'reconnecting')
    expect(live.connection().since).not.toBeNull()
    await new Promise((resolve) => setTimeout(resolve, 100))
    await listen(samePort)
    await until(() => live.connection().state === 'live')
  })

  it.each([
    [true, 'blocked'],
    [false, 'stale'],
  ])(
    'without any socket tells whether the server is away: it answers otherwise %s, %s',
    async (answers, state) => {
      server.on('connection', (socket) => socket.terminate())
      const live = start({ answers: async () => answers, staleAfterMs: 100, firstWaitMs: 20 })
      await until(() => live.connection().state === state)
      server.removeAllListeners('connection')
      server.on('connection', (socket) => socket.send(JSON.stringify(snapshot(3, 'a'))))
      await until(() => live.connection().state === 'live')
    },
  )

  it('notices a line that is open and silent', async () => {
    const live = start({ watchdogMs: 100 })
    await until(() => live.connection().state === 'live')
    await until(() => hellos.length >= 2)
    expect(live.fleet().hosts.has('a')).toBe(true)
  })

  it('after a change of rights asks for everything anew, once these are known, and keeps what it shows until then', async () => {
    let known = () => {}
    const live = start({ onRightsChanged: () => new Promise<void>((resolve) => (known = resolve)) })
    await until(() => live.connection().state === 'live')
    answer = (socket) => socket.send(JSON.stringify(snapshot(3, 'b')))
    sockets[0]?.close(closeCodes.rightsChanged)
    await until(() => sockets[0]?.readyState === 3)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(hellos).toHaveLength(1)
    expect([...live.fleet().hosts.keys()]).toEqual(['a'])
    known()
    await until(() => live.fleet().hosts.has('b'))
    // Not gone on from: the server may not know what to take away.
    expect(hellos[1]).toEqual({ type: 'hello' })
    expect([...live.fleet().hosts.keys()]).toEqual(['b'])
  })

  it('goes to the sign-in when the session ends, and does not come back by itself', async () => {
    const signedOut = vi.fn()
    const live = start({ onSignedOut: signedOut })
    await until(() => live.connection().state === 'live')
    sockets[0]?.close(closeCodes.signedOut)
    await until(() => signedOut.mock.calls.length === 1)
    await new Promise((resolve) => setTimeout(resolve, 150))
    expect(hellos).toHaveLength(1)
  })

  it('stays away when it is refused', async () => {
    answer = (socket) => socket.close(closeCodes.denied)
    const live = start()
    await until(() => live.connection().state === 'refused')
    live.retryNow()
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(hellos).toHaveLength(1)
  })

  it('ends its socket when it is stopped, even one that is still connecting', async () => {
    const live = start()
    live.stop()
    live.start()
    await until(() => live.connection().state === 'live')
    await until(() => server.clients.size === 1)
    live.stop()
    await until(() => server.clients.size === 0)
  })
})
