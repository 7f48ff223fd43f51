import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Container } from '#lib/contracts/containers.ts'
import { liveTopics } from '#lib/live-topics.ts'
import { type AppUnderTest, startApp } from '../../testing/app-under-test.ts'
import { openLive } from '../../testing/live-viewer.ts'

let test: AppUnderTest
beforeAll(async () => {
  test = await startApp()
  await test.setUp()
})
afterAll(() => test.close())

const of = (index: number) => ({ hostId: 'h000000000000', id: index.toString(16).padStart(64, '0') })

it('one container more than a page may watch is refused by a frame, and the others stay', async () => {
  const page = await openLive(test)
  const { most } = liveTopics['container-stats']
  for (let index = 0; index <= most; index++)
    test.app.live.fleet.put('containers', { ...of(index), name: `c${index}`, state: 'running' } as Container)
  const watched = Array.from({ length: most + 1 }, (_, index) => page.follow('container-stats', of(index)))
  await expect.poll(page.refusals).toEqual([`refused ${watched.at(-1)?.id} too_many_streams`])
  for (const { frames } of watched.slice(0, most)) expect(frames()).toMatchObject([{ type: 'history' }])
  // With room for it again, it is watched as the others are.
  watched[0]?.leave()
  const again = page.follow('container-stats', of(most))
  await expect.poll(again.frames).toMatchObject([{ type: 'history' }])
  expect(page.refusals()).toHaveLength(1)
  page.socket.terminate()
})

it.each([
  ['not there', of(999), 'container_not_found'],
  ['no host’s id', { hostId: '../x', id: of(0).id }, 'invalid_input'],
  ['no container’s id', { hostId: of(0).hostId, id: 'y' }, 'invalid_input'],
])('what is %s is refused', async (_what, params, code) => {
  const page = await openLive(test)
  const { id } = page.follow('container-stats', params)
  await expect.poll(page.refusals).toEqual([`refused ${id} ${code}`])
  expect(page.socket.readyState).toBe(page.socket.OPEN)
  page.socket.terminate()
})
