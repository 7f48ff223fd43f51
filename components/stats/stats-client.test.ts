import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type WebSocket as ServerSocket, WebSocketServer } from 'ws'
import { closeCodes } from '#lib/close-codes.ts'
import type { StatsFrame, StatsPoint, StatsRequest } from '#lib/contracts/stats.ts'
import { StatsClient } from './stats-client.ts'

let server: WebSocketServer
let sockets: ServerSocket[]
let asked: string[]
let client: StatsClient
const signedOut = vi.fn()

beforeEach(async () => {
  ;[sockets, asked] = [[], []]
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  server.on('connection', (socket) => {
    sockets.push(socket)
    socket.on('message', (data) => asked.push((JSON.parse(String(data)) as StatsRequest).type))
  })
  const { port } = server.address() as AddressInfo
  client = new StatsClient(() => new WebSocket(`ws://127.0.0.1:${port}`), signedOut)
  // Full jitter of nothing: at once.
  vi.spyOn(Math, 'random').mockReturnValue(0)
})
afterEach(async () => {
  client.stop()
  vi.restoreAllMocks()
  for (const socket of server.clients) socket.terminate()
  await new Promise((resolve) => server.close(resolve))
})

const send = (frame: StatsFrame) => sockets.at(-1)?.send(JSON.stringify(frame))
const nothing = () => {}
const point = (at: number, memory: number | null = 1): StatsPoint => [at, 1, memory, null, 0, 0, 0, 0, 1]
const of = { hostId: 'h1', id: 'c1' }
const totals = { received: 1, sent: 2, read: 3, written: 4 }

describe('the page’s stats socket', () => {
  it('asks once for all who watch a container, and closes with the last', async () => {
    const leave = [client.watch('h1', 'c1', nothing), client.watch('h1', 'c1', nothing)]
    await expect.poll(() => asked).toEqual(['watch'])
    leave[0]?.()
    expect(asked).toEqual(['watch'])
    leave[1]?.()
    await expect.poll(() => sockets[0]?.readyState).toBe(3)
    expect(client.stats('h1', 'c1').loaded).toBe(false)
  })

  it('puts history, samples and limits together, and keeps an hour', async () => {
    const changed = vi.fn()
    client.watch('h1', 'c1', changed)
    await expect.poll(() => asked.length).toBe(1)
    send({ type: 'history', ...of, points: [point(1000), point(3_000_000)], totals: null })
    send({ type: 'limit', ...of, cpus: 0.5 })
    send({ type: 'sample', ...of, point: point(3_700_000), totals })
    send({ type: 'sample', ...of, point: point(3_701_000, null), totals: null })
    send({ type: 'sample', ...of, id: 'other', point: point(5), totals: null })
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
    send({ type: 'history', ...of, points: [point(1)], totals: null })
    await expect.poll(() => client.stats('h1', 'c1').points.length).toBe(1)
    sockets[0]?.terminate()
    await expect.poll(() => asked.slice(2)).toEqual(['fleet', 'watch'])
    send({ type: 'history', ...of, points: [point(1), point(2)], totals: null })
    send({ type: 'fleet', stepMs: 1, hosts: [{ hostId: 'h1', cpu: [5], memory: [6], containers: [] }] })
    await expect.poll(() => client.fleet().hosts.get('h1')?.cpu).toEqual([5])
    expect(client.stats('h1', 'c1').points.length).toBe(2)
  })

  it('says what was refused', async () => {
    client.watch('h1', 'c1', nothing)
    await expect.poll(() => asked.length).toBe(1)
    send({ type: 'unavailable', ...of, error: { code: 'denied', message: 'No.' } })
    await expect.poll(() => client.stats('h1', 'c1').error?.code).toBe('denied')
  })

  it('stays closed when the session has ended', async () => {
    client.watch('h1', 'c1', nothing)
    await expect.poll(() => asked.length).toBe(1)
    sockets[0]?.close(closeCodes.signedOut)
    await expect.poll(() => signedOut.mock.calls.length).toBe(1)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(sockets.length).toBe(1)
  })
})
