import { afterAll, beforeAll, expect, it } from 'vitest'
import { type AppUnderTest, startApp } from '../../testing/app-under-test.ts'
import { watchStats } from '../../testing/stats-viewer.ts'

let test: AppUnderTest
beforeAll(async () => {
  test = await startApp()
  await test.setUp()
})
afterAll(() => test.close())

it('one container more than a page may watch is refused by a frame, and the others stay', async () => {
  const viewer = await watchStats(test)
  const of = (index: number) => ({ hostId: 'h000000000000', id: index.toString(16).padStart(64, '0') })
  const say = (type: string, index: number) => viewer.socket.send(JSON.stringify({ type, ...of(index) }))
  const codes = () => viewer.of('unavailable').map(({ error }) => error.code)
  const there = Array.from({ length: 20 }, () => 'container_not_found')
  for (let index = 0; index <= 20; index++) say('watch', index)
  await expect.poll(codes).toEqual([...there, 'too_many_streams'])
  // With room for it again, it is looked for as the others were.
  say('unwatch', 0)
  say('watch', 20)
  await expect.poll(codes).toEqual([...there, 'too_many_streams', 'container_not_found'])
  expect(viewer.socket.readyState).toBe(viewer.socket.OPEN)
  viewer.socket.terminate()
})
