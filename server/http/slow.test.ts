import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { startApp } from '../testing/app-under-test.ts'

/** `npm run test:hard` sends two thousand. */
const many = Number(process.env.ROADSTEAD_SLOW_SOCKETS ?? 150)

const sockets: Socket[] = []
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy()
})

it('connections whose head never ends hold up nobody, and are closed', { timeout: 120_000 }, async () => {
  const test = await startApp()
  await test.setUp()
  const port = Number(new URL(test.origin).port)
  let closed = 0
  let answered = 0
  for (let index = 0; index < many; index++) {
    const socket = connect(port, '127.0.0.1')
    sockets.push(socket)
    socket.on('error', () => {})
    socket.on('close', () => closed++)
    socket.on('data', (chunk) => {
      if (String(chunk).startsWith('HTTP/1.1 408')) answered++
    })
    // Nothing at all, a line without its end, a head that goes on and on.
    const beginning = ['', 'GET /api/health HTTP/1.1', `GET / HTTP/1.1\r\nHost: localhost:${port}\r\n`][
      index % 3
    ]
    if (beginning) socket.write(beginning)
    // More at once than the backlog of the listener (511) the kernel drops, and the server never hears of them.
    if (index % 100 !== 99) continue
    await Promise.all(sockets.map((each) => (each.connecting ? once(each, 'connect') : null)))
    expect((await test.call('GET', '/api/health')).status).toBe(200)
  }
  const dripping = setInterval(() => {
    for (const [index, socket] of sockets.entries())
      if (index % 3 === 2 && socket.writable) socket.write(`X-${index}: a\r\n`)
  }, 1000)
  // While they are open, those who ask are answered.
  for (let index = 0; index < 20; index++) {
    expect((await test.call('GET', '/api/hosts')).status).toBe(200)
    expect((await test.call('POST', '/api/updates/check')).status).toBe(200)
  }
  expect(closed).toBeLessThan(many)
  await expect.poll(() => closed, { timeout: 90_000, interval: 500 }).toBe(many)
  clearInterval(dripping)
  expect(answered).toBeGreaterThan(0)
  expect((await test.call('GET', '/api/hosts')).status).toBe(200)
  await test.close()
})
