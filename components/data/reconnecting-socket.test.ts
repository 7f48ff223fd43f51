import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { type WebSocket as ServerSocket, WebSocketServer } from 'ws'
import { closeCodes, finalCloseCodes } from '#lib/close-codes.ts'
import { ReconnectingSocket, type SocketOptions } from './reconnecting-socket.ts'

let server: WebSocketServer
let sockets: ServerSocket[]
let socket: ReconnectingSocket | undefined
let told: (string | number | boolean)[]

beforeEach(async () => {
  ;[sockets, told] = [[], []]
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  await once(server, 'listening')
  server.on('connection', (opened) => sockets.push(opened))
  // Full jitter of nothing: at once.
  vi.spyOn(Math, 'random').mockReturnValue(0)
})
afterEach(async () => {
  socket?.stop()
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
  for (const client of server.clients) client.terminate()
  await new Promise((resolve) => server.close(resolve))
})

const connect = () => new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`)
function start(options: Partial<SocketOptions> = {}): ReconnectingSocket {
  socket = new ReconnectingSocket({
    connect,
    message: (data) => told.push(String(data)),
    closed: (code, comesBack) => told.push(code, comesBack),
    ...options,
  })
  socket.start()
  return socket
}
const connected = (count: number) => expect.poll(() => sockets.length).toBe(count)
const aMoment = () => new Promise((resolve) => setTimeout(resolve, 60))

it.each(Object.entries(closeCodes))('after %s (%i) comes back, or not', async (_name, code) => {
  start()
  await connected(1)
  sockets[0]?.close(code)
  const isFinal = finalCloseCodes.has(code)
  await expect.poll(() => told).toEqual([code, !isFinal])
  if (isFinal) await aMoment()
  await connected(isFinal ? 1 : 2)
})

it('sends and hears, and nothing of one that is stopped', async () => {
  const line = start({ opened: () => line.send('hello') })
  await connected(1)
  const heard: string[] = []
  sockets[0]?.on('message', (data) => heard.push(String(data)))
  await expect.poll(() => line.isOpen).toBe(true)
  line.send('again')
  await expect.poll(() => heard.at(-1)).toBe('again')
  sockets[0]?.send('answer')
  await expect.poll(() => told).toEqual(['answer'])
  line.stop()
  await expect.poll(() => sockets[0]?.readyState).toBe(3)
  line.send('late')
  expect(told).toEqual(['answer'])
  await aMoment()
  expect(sockets).toHaveLength(1)
})

it('leaves the network alone while it may not ask, and asks when it may', async () => {
  let may = true
  const asked = vi.fn(() => (may ? connect() : null))
  const line = start({ connect: asked })
  await connected(1)
  may = false
  sockets[0]?.terminate()
  await expect.poll(() => asked.mock.results.at(-1)?.value).toBe(null)
  await aMoment()
  expect(asked).toHaveBeenCalledTimes(2)
  may = true
  line.retryNow()
  await connected(2)
})

it('waits for the new rights before it comes back', async () => {
  let known = () => {}
  start({ rightsChanged: () => new Promise<void>((resolve) => (known = resolve)) })
  await connected(1)
  sockets[0]?.close(closeCodes.rightsChanged)
  await expect.poll(() => told).toEqual([closeCodes.rightsChanged, true])
  await aMoment()
  expect(sockets).toHaveLength(1)
  known()
  await connected(2)
})

it('does not wait on when the network is back or the page is looked at', async () => {
  const [page, view] = [new EventTarget(), Object.assign(new EventTarget(), { hidden: true })]
  vi.stubGlobal('window', page)
  vi.stubGlobal('document', view)
  vi.spyOn(Math, 'random').mockReturnValue(0.999)
  start({ firstWaitMs: 60_000 })
  await connected(1)
  sockets[0]?.terminate()
  await expect.poll(() => told.length).toBe(2)
  view.dispatchEvent(new Event('visibilitychange'))
  await aMoment()
  expect(sockets).toHaveLength(1)
  view.hidden = false
  view.dispatchEvent(new Event('visibilitychange'))
  await connected(2)
  sockets[1]?.terminate()
  await expect.poll(() => told.length).toBe(4)
  page.dispatchEvent(new Event('online'))
  await connected(3)
  socket?.stop()
  page.dispatchEvent(new Event('online'))
  await aMoment()
  expect(sockets).toHaveLength(3)
})
