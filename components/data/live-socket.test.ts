import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type WebSocket as ServerSocket, WebSocketServer } from 'ws'
import { closeCodes } from '#lib/close-codes.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import type { LiveFrame, LiveRequest } from '#lib/contracts/live.ts'
import type { FleetFrame } from '#lib/fleet/live-protocol.ts'
import { FleetStore } from './fleet-store.ts'
import { LiveSocket, type LiveSocketOptions } from './live-socket.ts'

const now = '2026-01-01T00:00:00.000Z'
const snapshot = (seq: number, ...ids: string[]): FleetFrame => ({
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
let asked: LiveRequest[]
let answer: (socket: ServerSocket, request: LiveRequest) => void
let live: LiveSocket | undefined
let fleet: FleetStore

async function listen(at = 0): Promise<void> {
  server = new WebSocketServer({ port: at, host: '127.0.0.1' })
  await once(server, 'listening')
  port = (server.address() as AddressInfo).port
  server.on('connection', (socket) => {
    sockets.push(socket)
    socket.on('message', (data) => {
      const request = JSON.parse(String(data)) as LiveRequest
      asked.push(request)
      answer(socket, request)
    })
  })
}
async function silence(): Promise<void> {
  for (const socket of server.clients) socket.terminate()
  await new Promise((resolve) => server.close(resolve))
}
const say = (socket: ServerSocket | undefined, frame: LiveFrame) => socket?.send(JSON.stringify(frame))
/** A frame of the fleet, which is followed first. */
const tell = (frame: FleetFrame, socket = sockets.at(-1)) => say(socket, { type: 'frame', id: '1', frame })
const denied = { code: 'denied', message: 'No.' }

/** A page that follows the fleet. */
function start(options: Partial<LiveSocketOptions> = {}): LiveSocket {
  live = new LiveSocket({
    connect: () => new WebSocket(`ws://127.0.0.1:${port}`),
    onSignedOut: () => {},
    firstWaitMs: 20,
    ...options,
  })
  fleet = new FleetStore(live, {
    schedule: (flush) => flush(),
    ...(options.onServerTime ? { onServerTime: options.onServerTime } : {}),
  })
  fleet.start()
  live.start()
  return live
}
const until = (check: () => boolean) => vi.waitUntil(check, { timeout: 30_000, interval: 5 })
const isLive = () => until(() => live?.connection().state === 'live')
const aMoment = () => new Promise((resolve) => setTimeout(resolve, 60))

beforeEach(async () => {
  sockets = []
  asked = []
  answer = (socket, { type }) => type === 'subscribe' && tell(snapshot(3, 'a'), socket)
  await listen()
})
afterEach(async () => {
  live?.stop()
  live = undefined
  await silence()
})

describe('the fleet on it', () => {
  it('is asked for, begins with a snapshot and follows deltas', async () => {
    const times: string[] = []
    const socket = start({ onServerTime: (time) => times.push(time) })
    expect(socket.connection().state).toBe('connecting')
    await isLive()
    expect(asked).toEqual([{ type: 'subscribe', id: '1', topic: 'fleet', params: {} }])
    expect(times).toEqual([now])
    tell({ type: 'delta', seq: 4, changes: [{ type: 'host', host: { id: 'b' } as Host }] })
    await until(() => fleet.fleet().hosts.has('b'))
    expect([...fleet.fleet().hosts.keys()]).toEqual(['a', 'b'])
    say(sockets[0], { type: 'beat', now: 'later' })
    await until(() => times.length === 2)
  })

  it('after a cut keeps the data, says since when, and goes on from what it has', async () => {
    const socket = start()
    await isLive()
    answer = (to) => tell({ type: 'resumed', epoch: 'e1', seq: 4, now }, to)
    const seen: string[] = []
    socket.subscribe(() => seen.push(socket.connection().state))
    sockets[0]?.terminate()
    await until(() => asked.length === 2)
    expect(asked[1]).toMatchObject({ topic: 'fleet', params: { epoch: 'e1', seq: 3 } })
    await isLive()
    expect(seen[0]).toBe('reconnecting')
    expect(fleet.fleet().hosts.has('a')).toBe(true)
    tell({ type: 'delta', seq: 4, changes: [{ type: 'hostRemoved', hostId: 'a' }] })
    await until(() => fleet.fleet().hosts.size === 0)
  })

  it('after a change of rights is asked for anew, once these are known, and shown as it was until then', async () => {
    let known = () => {}
    start({ onRightsChanged: () => new Promise<void>((resolve) => (known = resolve)) })
    await isLive()
    answer = (socket) => tell(snapshot(3, 'b'), socket)
    sockets[0]?.close(closeCodes.rightsChanged)
    await until(() => sockets[0]?.readyState === 3)
    await aMoment()
    expect(asked).toHaveLength(1)
    expect([...fleet.fleet().hosts.keys()]).toEqual(['a'])
    known()
    await until(() => fleet.fleet().hosts.has('b'))
    // Not gone on from: the server may not know what to take away.
    expect(asked[1]).toMatchObject({ topic: 'fleet', params: {} })
    expect([...fleet.fleet().hosts.keys()]).toEqual(['b'])
    sockets[1]?.terminate()
    await until(() => asked.length === 3)
    expect(asked[2]).toMatchObject({ params: { epoch: 'e1', seq: 3 } })
  })
})

describe('several on one socket', () => {
  /** Somebody else who follows; what they were told. */
  const follow = (about?: string) => {
    const told: unknown[] = []
    const leave = live?.follow({
      topic: 'fleet',
      params: () => ({}),
      frame: (frame) => told.push(frame.type),
      refused: ({ code }) => told.push(code),
      ...(about ? { about } : {}),
    })
    return { told, leave: leave as () => void }
  }
  const types = () => asked.map(({ type, id }) => `${type} ${id}`)
  const delta = (seq: number): FleetFrame => ({ type: 'delta', seq, changes: [] })

  it('share it: each hears its own, and one that leaves is told no more', async () => {
    start()
    const early = follow()
    await isLive()
    const late = follow()
    await until(() => asked.length === 3)
    expect([sockets.length, types()]).toEqual([1, ['subscribe 1', 'subscribe 2', 'subscribe 3']])
    say(sockets[0], { type: 'frame', id: '2', frame: delta(1) })
    say(sockets[0], { type: 'frame', id: '3', frame: delta(1) })
    await until(() => late.told.length === 1)
    expect([early.told, late.told]).toEqual([['delta'], ['delta']])
    early.leave()
    early.leave()
    await until(() => asked.length === 4)
    expect(types().at(-1)).toBe('unsubscribe 2')
    say(sockets[0], { type: 'frame', id: '2', frame: delta(2) })
    say(sockets[0], { type: 'frame', id: '3', frame: delta(2) })
    await until(() => late.told.length === 2)
    expect(early.told).toEqual(['delta'])
    // After a cut, who is left is asked for, and nobody else.
    sockets[0]?.terminate()
    await until(() => asked.length === 6)
    expect(types().slice(4)).toEqual(['subscribe 1', 'subscribe 3'])
  })

  it('one that is refused ends no other, and what was denied is not asked for again until rights are others', async () => {
    start()
    const [one, gone] = [follow('one'), follow('gone')]
    await isLive()
    await until(() => asked.length === 3)
    say(sockets[0], { type: 'refused', id: '2', error: denied })
    say(sockets[0], { type: 'ended', id: '3', error: { code: 'container_not_found', message: '' } })
    await until(() => gone.told.length === 1)
    expect([one.told, gone.told]).toEqual([['denied'], ['container_not_found']])
    tell({ type: 'delta', seq: 4, changes: [{ type: 'host', host: { id: 'b' } as Host }] })
    await until(() => fleet.fleet().hosts.has('b'))
    // Neither by the next who comes, nor after a cut. What only was not there is looked for again.
    const again = follow('one')
    expect(again.told).toEqual(['denied'])
    again.leave()
    sockets[0]?.terminate()
    await until(() => asked.length === 5)
    await aMoment()
    expect(types().slice(3)).toEqual(['subscribe 1', 'subscribe 3'])
    say(sockets[1], { type: 'rights' })
    await until(() => asked.length === 6)
    expect(types().at(-1)).toBe('subscribe 2')
    say(sockets[1], { type: 'refused', id: '2', error: denied })
    await until(() => one.told.length === 2)
    sockets[1]?.close(closeCodes.rightsChanged)
    await until(() => asked.length === 9)
    expect(types().slice(6)).toEqual(['subscribe 1', 'subscribe 2', 'subscribe 3'])
  })
})

it('keeps trying while the server is away', async () => {
  const socket = start()
  await isLive()
  const samePort = port
  await silence()
  await until(() => socket.connection().state === 'reconnecting')
  expect(socket.connection().since).not.toBeNull()
  await new Promise((resolve) => setTimeout(resolve, 100))
  await listen(samePort)
  await isLive()
})

it.each([
  [true, 'blocked'],
  [false, 'stale'],
])(
  'without any socket tells whether the server is away: it answers otherwise %s, %s',
  async (answers, state) => {
    server.on('connection', (socket) => socket.terminate())
    const socket = start({ answers: async () => answers, staleAfterMs: 100, firstWaitMs: 20 })
    await until(() => socket.connection().state === state)
    server.removeAllListeners('connection')
    server.on('connection', (opened) => tell(snapshot(3, 'a'), opened))
    await isLive()
  },
)

it('notices a line that is open and silent', async () => {
  start({ watchdogMs: 100 })
  await isLive()
  await until(() => asked.length >= 2)
  expect(fleet.fleet().hosts.has('a')).toBe(true)
})

it('goes to the sign-in when the session ends, and does not come back by itself', async () => {
  const signedOut = vi.fn()
  start({ onSignedOut: signedOut })
  await isLive()
  sockets[0]?.close(closeCodes.signedOut)
  await until(() => signedOut.mock.calls.length === 1)
  await new Promise((resolve) => setTimeout(resolve, 150))
  expect(asked).toHaveLength(1)
})

it('stays away when it is refused', async () => {
  answer = (socket) => socket.close(closeCodes.denied)
  const socket = start()
  await until(() => socket.connection().state === 'refused')
  socket.retryNow()
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(asked).toHaveLength(1)
})

it('ends when it is stopped, even while it is still connecting', async () => {
  const socket = start()
  socket.stop()
  socket.start()
  await isLive()
  await until(() => server.clients.size === 1)
  socket.stop()
  await until(() => server.clients.size === 0)
})
