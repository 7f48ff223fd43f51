import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type WebSocket as ServerSocket, WebSocketServer } from 'ws'
import { LiveSocket } from '#components/data/live-socket.ts'
import type { LiveFrame, LiveRequest } from '#lib/contracts/live.ts'
import type { ContainerStatsFrame, FleetStatsFrame, StatsPoint } from '#lib/contracts/stats.ts'
import { StatsClient } from './stats-client.ts'

let server: WebSocketServer
let sockets: ServerSocket[]
let asked: string[]
/** Of what was asked for last, by topic and container. */
let ids: Map<string, string>
let live: LiveSocket
let client: StatsClient

beforeEach(async () => {
  ;[sockets, asked, ids] = [[], [], new Map()]
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  server.on('connection', (socket) => {
    sockets.push(socket)
    socket.on('message', (data) => {
      const request = JSON.parse(String(data)) as LiveRequest
      if (request.type === 'unsubscribe') {
        asked.push(`unsubscribe ${request.id}`)
        return
      }
      const { id = '' } = request.params as { id?: string }
      const about = `${request.topic} ${id}`.trim()
      asked.push(about)
      ids.set(about, request.id)
    })
  })
  const { port } = server.address() as AddressInfo
  live = new LiveSocket({
    connect: () => new WebSocket(`ws://127.0.0.1:${port}`),
    onSignedOut: () => {},
  })
  live.start()
  client = new StatsClient(live)
  // Full jitter of nothing: at once.
  vi.spyOn(Math, 'random').mockReturnValue(0)
})
afterEach(async () => {
  client.stop()
  live.stop()
  vi.useRealTimers()
  vi.restoreAllMocks()
  for (const socket of server.clients) socket.terminate()
  await new Promise((resolve) => server.close(resolve))
})

const say = (frame: LiveFrame) => sockets.at(-1)?.send(JSON.stringify(frame))
const idOf = (about: string) => ids.get(about) as string
const send = (frame: ContainerStatsFrame, about = 'container-stats c1') =>
  say({ type: 'frame', id: idOf(about), frame })
const sendFleet = (frame: FleetStatsFrame) => say({ type: 'frame', id: idOf('stats'), frame })
const nothing = () => {}
const point = (at: number, memory: number | null = 1): StatsPoint => [at, 1, memory, null, 0, 0, 0, 0, 1]
const totals = { received: 1, sent: 2, read: 3, written: 4 }

it('asks once for all who watch a container, and ends with the last', async () => {
  const leave = [client.watch('h1', 'c1', () => {}), client.watch('h1', 'c1', () => {})]
  await expect.poll(() => asked).toEqual(['container-stats c1'])
  send({ type: 'history', points: [point(1)], totals: null })
  await expect.poll(() => client.stats('h1', 'c1').loaded).toBe(true)
  leave[0]?.()
  client.watch('h1', 'c2', nothing)
  await expect.poll(() => asked.at(-1)).toBe('container-stats c2')
  expect(asked).toHaveLength(2)
  leave[1]?.()
  await expect.poll(() => asked.at(-1)).toBe(`unsubscribe ${idOf('container-stats c1')}`)
  expect(client.stats('h1', 'c1').loaded).toBe(false)
  expect(sockets).toHaveLength(1)
})

it('puts history, samples and limits together, and keeps an hour', async () => {
  const changed = vi.fn()
  client.watch('h1', 'c1', changed)
  client.watch('h1', 'other', nothing)
  await expect.poll(() => asked.length).toBe(2)
  send({ type: 'history', points: [point(1000), point(3_000_000)], totals: null })
  send({ type: 'limit', cpus: 0.5 })
  send({ type: 'sample', point: point(3_700_000), totals })
  send({ type: 'sample', point: point(5), totals: null }, 'container-stats other')
  send({ type: 'sample', point: point(3_701_000, null), totals: null })
  await expect.poll(() => changed.mock.calls.length).toBe(4)
  expect(client.stats('h1', 'c1')).toEqual({
    points: [point(3_000_000), point(3_700_000), point(3_701_000, null)],
    totals,
    cpuLimit: 0.5,
    error: null,
    loaded: true,
  })
})

it('asks again for what is shown after a cut, and takes the new history', async () => {
  client.watch('h1', 'c1', nothing)
  client.subscribeFleet(nothing)
  await expect.poll(() => asked.length).toBe(2)
  send({ type: 'history', points: [point(1)], totals: null })
  await expect.poll(() => client.stats('h1', 'c1').points.length).toBe(1)
  sockets[0]?.terminate()
  await expect.poll(() => asked.slice(2)).toEqual(['container-stats c1', 'stats'])
  send({ type: 'history', points: [point(1), point(2)], totals: null })
  sendFleet({ type: 'fleet', stepMs: 1, hosts: [{ hostId: 'h1', cpu: [5], memory: [6], containers: [] }] })
  await expect.poll(() => client.fleet().hosts.get('h1')?.cpu).toEqual([5])
  expect(client.stats('h1', 'c1').points.length).toBe(2)
})

it('says what was refused, and shows what comes of it when it may be watched after all', async () => {
  client.watch('h1', 'c1', nothing)
  await expect.poll(() => asked.length).toBe(1)
  say({ type: 'refused', id: idOf('container-stats c1'), error: { code: 'denied', message: 'No.' } })
  await expect.poll(() => client.stats('h1', 'c1').error?.code).toBe('denied')
  say({ type: 'rights' })
  await expect.poll(() => asked.length).toBe(2)
  send({ type: 'history', points: [point(1)], totals: null })
  await expect.poll(() => client.stats('h1', 'c1')).toMatchObject({ error: null, points: [point(1)] })
})

it('the summary goes on for a moment after the last cell has scrolled away, and then ends', async () => {
  const leave = [client.subscribeFleet(() => {}), client.subscribeFleet(() => {})]
  await expect.poll(() => asked).toEqual(['stats'])
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  for (const each of leave) each()
  vi.advanceTimersByTime(4000)
  const last = client.subscribeFleet(nothing)
  vi.advanceTimersByTime(60_000)
  last()
  vi.advanceTimersByTime(6000)
  vi.useRealTimers()
  await expect.poll(() => asked).toEqual(['stats', `unsubscribe ${idOf('stats')}`])
})

it('for who may see no numbers nothing is asked', async () => {
  const blind = new StatsClient(null)
  blind.watch('h1', 'c1', nothing)()
  blind.subscribeFleet(nothing)
  client.subscribeFleet(nothing)
  await expect.poll(() => asked).toEqual(['stats'])
  blind.stop()
})
