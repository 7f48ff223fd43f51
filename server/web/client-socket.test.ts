import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { WebSocketServer } from 'ws'
import { closeCodes } from '#lib/close-codes.ts'
import { createLog } from '../log.ts'
import { ClientSocket } from './client-socket.ts'
import { Credit } from './credit.ts'

const server = createServer()
// The types of ws do not know `closeTimeout` yet.
const options = { server, closeTimeout: 2000, autoPong: false }
const sockets = new WebSocketServer(options)
let port = 0
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const text = 1
const ping = 9
/** A client's frame; its mask is zero. */
const frame = (opcode: number, payload: string) =>
  Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | payload.length, 0, 0, 0, 0]), Buffer.from(payload)])

/** A client that shakes hands and reads nothing after it, and the server's end of its socket. */
async function neverReads(): Promise<{ peer: Socket; client: ClientSocket; closed: Promise<number> }> {
  const opened = new Promise<{ client: ClientSocket; closed: Promise<number> }>((resolve) =>
    sockets.once('connection', (socket) => {
      socket.on('error', () => {})
      const closed = new Promise<number>((done) => socket.once('close', () => done(performance.now())))
      resolve({ client: new ClientSocket(socket, createLog('silent')), closed })
    }),
  )
  const peer = connect(port, '127.0.0.1')
  peer.on('error', () => {})
  peer.write(
    [
      'GET / HTTP/1.1',
      'Host: localhost',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      '',
      '',
    ].join('\r\n'),
  )
  await new Promise((resolve) => peer.once('data', resolve))
  peer.pause()
  return { peer, ...(await opened) }
}

const mebibyte = 1024 * 1024
const piece = Buffer.alloc(64 * 1024, 1)

it('closes who takes nothing, over the bound, and cuts who does not answer the close within two seconds', async () => {
  const { client, closed } = await neverReads()
  let most = 0
  for (let sent = 0; client.isOpen && sent < 200 * mebibyte; sent += piece.length) {
    client.send(piece)
    most = Math.max(most, client.waiting)
    await new Promise(setImmediate)
  }
  const over = performance.now()
  expect(client.isOpen).toBe(false)
  expect(most).toBeLessThan(9 * mebibyte)
  expect((await closed) - over).toBeLessThan(4000)
})

it('closes who has been behind for half a minute, and nobody who was for a moment', async () => {
  const { client } = await neverReads()
  const close = vi.spyOn(client, 'close')
  const feed = client.feed(() => 'snapshot')
  // The kernel takes some of it first.
  while (!client.isBehind()) client.send(piece)
  const began = performance.now()
  const clock = vi.spyOn(performance, 'now')
  clock.mockReturnValue(began + 25_000)
  feed.offer('left out')
  client.closeWhenStuck()
  expect([client.isOpen, close.mock.calls]).toEqual([true, []])
  clock.mockReturnValue(began + 31_000)
  client.closeWhenStuck()
  expect([client.isOpen, close.mock.calls]).toEqual([false, [[closeCodes.tooSlow, 'too slow']]])
})
afterEach(() => {
  vi.restoreAllMocks()
})

it('answers no pings without end to who does not read', async () => {
  const { peer, client, closed } = await neverReads()
  const pings = Buffer.concat(Array.from({ length: 500 }, () => frame(ping, 'x'.repeat(125))))
  let most = 0
  // What the kernel buffers of it is not ours to count: some 4 MB each way.
  for (let sent = 0; client.isOpen && sent < 60 * mebibyte; sent += pings.length) {
    if (!peer.write(pings))
      await Promise.race([new Promise((resolve) => peer.once('drain', resolve)), closed])
    most = Math.max(most, client.waiting)
  }
  expect(client.isOpen).toBe(false)
  expect(most).toBeLessThan(9 * mebibyte)
  await closed
})

it('leaves out what a snapshot makes good, and sends that when all has been taken', async () => {
  const { peer, client, closed } = await neverReads()
  const update = 'u'.repeat(64 * 1024)
  const feed = client.feed(() => 'snapshot')
  for (let count = 0; count < 500; count++) {
    feed.offer(update)
    await new Promise(setImmediate)
  }
  expect(client.isOpen).toBe(true)
  expect(client.waiting).toBeLessThan(2 * mebibyte)
  let last = ''
  peer.on('data', (chunk) => {
    last = (last + chunk.toString('latin1')).slice(-10)
  })
  // By itself: the feed may have nothing more to offer.
  peer.resume()
  await expect.poll(() => last).toContain('snapshot')
  feed.offer('goes on')
  await expect.poll(() => last).toContain('goes on')
  peer.destroy()
  await closed
})

it('each of several feeds makes good its own, once', async () => {
  const { peer, client, closed } = await neverReads()
  const update = 'u'.repeat(64 * 1024)
  const feeds = ['first', 'second'].map((name) => client.feed(() => `snapshot of the ${name}`))
  const whole = client.feed(() => 'snapshot of the third')
  whole.offer('taken')
  for (let count = 0; count < 500; count++) {
    for (const feed of feeds) feed.offer(update)
    await new Promise(setImmediate)
  }
  let read = ''
  peer.on('data', (chunk) => {
    read = (read + chunk.toString('latin1')).slice(-100)
  })
  peer.resume()
  // Which of the two was the first to be behind is not said.
  const owed = () => read.match(/snapshot of the (first|second)/g)?.toSorted()
  await expect.poll(owed).toEqual(['snapshot of the first', 'snapshot of the second'])
  await expect.poll(() => client.waiting).toBe(0)
  client.catchUp()
  whole.offer('the third goes on')
  await expect.poll(() => read).toContain('the third goes on')
  expect(owed()).toHaveLength(2)
  expect(read).not.toContain('snapshot of the third')
  peer.destroy()
  await closed
})

it('snapshots that are begun together go one after another, whatever they weigh', async () => {
  const { peer, client, closed } = await neverReads()
  const names = ['a', 'b', 'c', 'd']
  const feeds = names.map((name) => client.feed(() => name.repeat(6 * mebibyte)))
  client.send('something small before')
  for (const feed of feeds) feed.begin()
  await new Promise((resolve) => setTimeout(resolve, 200))
  // Nobody reads: one of them waits, and not all.
  expect(client.waiting).toBeLessThan(7 * mebibyte)
  expect(client.isOpen).toBe(true)
  feeds[3]?.stop()
  let read = 0
  let last = ''
  peer.on('data', (chunk) => {
    read += chunk.length
    last = chunk.toString('latin1').at(-1) ?? ''
  })
  peer.resume()
  await expect.poll(() => read).toBeGreaterThan(18 * mebibyte)
  expect([read < 19 * mebibyte, last, client.isOpen]).toEqual([true, 'c', true])
  peer.destroy()
  await closed
})

it('a snapshot larger than the bound goes whole to who reads', async () => {
  const { peer, client, closed } = await neverReads()
  let read = 0
  peer.on('data', (chunk) => {
    read += chunk.length
  })
  peer.resume()
  client.send(Buffer.alloc(20 * mebibyte))
  client.feed(() => 'snapshot').offer('an update')
  await expect.poll(() => read).toBeGreaterThan(20 * mebibyte)
  expect(client.isOpen).toBe(true)
  peer.destroy()
  await closed
})

it('counts as taken only what the network has taken, whatever the client claims', async () => {
  const { peer, client, closed } = await neverReads()
  const window = 512 * 1024
  let left = window
  let made = 0
  const make = () => {
    while (left > 0 && made < 200 * mebibyte) {
      left -= piece.length
      made += piece.length
      client.send(piece, credit.hand(piece.length))
    }
  }
  const credit = new Credit((bytes) => {
    left = Math.min(window, left + bytes)
    make()
  })
  client.onMessage(() => credit.claim(1_000_000_000))
  make()
  for (let count = 0; count < 300; count++) {
    peer.write(frame(text, 'taken'))
    await new Promise(setImmediate)
  }
  expect(client.waiting).toBeLessThan(2 * window)
  expect(made).toBeLessThan(20 * mebibyte)
  peer.destroy()
  await closed
})

it('a message that cannot be dealt with ends its own socket', async () => {
  const { peer, client, closed } = await neverReads()
  client.onMessage(() => {
    throw new Error('A fault')
  })
  peer.write(frame(text, 'x'))
  await closed
})
