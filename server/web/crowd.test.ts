import { afterAll, beforeAll, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import type { Container } from '#lib/contracts/containers.ts'
import { type AppUnderTest, startApp } from '../testing/app-under-test.ts'
import { following } from '../testing/live-viewer.ts'
import { join } from '../testing/people.ts'

let test: AppUnderTest
beforeAll(async () => {
  test = await startApp()
  await test.setUp()
})
afterAll(() => test.close())

const mostOfOne = 200

/** A live socket and what it was told, or the status with which it was refused. */
function open(cookie: string): Promise<{ socket: WebSocket; texts: string[] } | number> {
  const socket = new WebSocket(`${test.origin.replace('http', 'ws')}/api/live`, {
    headers: { cookie, origin: test.origin },
  })
  const texts: string[] = []
  socket.on('message', (data) => texts.push(String(data)))
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.once('unexpected-response', (request, { statusCode = 0 }) => {
      request.destroy()
      resolve(statusCode)
    })
    socket.once('open', () => {
      socket.send(JSON.stringify(following('fleet')))
      resolve({ socket, texts })
    })
  })
}

it('four hundred live sockets of two people hold up nobody, are all told, and one person gets no more', async () => {
  const answered = async () => {
    const began = performance.now()
    expect((await test.call('GET', '/api/session')).status).toBe(200)
    return performance.now() - began
  }
  const alone = await answered()
  const people = await Promise.all(['one', 'two'].map((name) => join(test, name, 'viewer')))
  const opened = (
    await Promise.all(
      people.flatMap(({ cookie }) => Array.from({ length: mostOfOne + 5 }, () => open(cookie))),
    )
  ).flat()
  const held = opened.filter((each) => typeof each === 'object')
  expect(held).toHaveLength(2 * mostOfOne)
  expect(opened.filter((each) => typeof each === 'number')).toEqual(Array.from({ length: 10 }, () => 429))
  await expect
    .poll(() => held.filter(({ texts }) => texts.length > 0).length, { timeout: 60_000 })
    .toBe(held.length)

  // A change goes to every one of them, and meanwhile somebody else is answered and gets a socket.
  const { fleet } = test.app.live
  fleet.put('containers', { hostId: 'h1', id: 'told', name: 'told' } as unknown as Container)
  fleet.flush()
  expect(await answered()).toBeLessThan(10 * alone + 1000)
  const other = await open(test.cookie)
  expect(other).toHaveProperty('socket')
  await expect
    .poll(() => held.filter(({ texts }) => texts.some((text) => text.includes('"told"'))).length)
    .toBe(held.length)

  // What one lets go of, they may have again.
  const [first] = held
  first?.socket.terminate()
  const again = async () => {
    const answer = await open(people[0]?.cookie ?? '')
    return typeof answer === 'object'
  }
  await expect.poll(again).toBe(true)
})
