import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Container } from '#lib/contracts/containers.ts'
import { type AppUnderTest, startApp } from '../../testing/app-under-test.ts'
import { openLive } from '../../testing/live-viewer.ts'

let test: AppUnderTest
beforeAll(async () => {
  test = await startApp()
  await test.setUp()
})
afterAll(() => test.close())

const container = (id: string, name = id) => ({ hostId: 'h1', id, name }) as unknown as Container

/** A page that follows the fleet. */
async function open(params: { epoch?: string; seq?: number } = {}) {
  const { socket, follow } = await openLive(test)
  const { frames } = follow('fleet', params)
  return {
    socket,
    frame: async (index: number) => {
      await expect.poll(() => frames().length).toBeGreaterThan(index)
      return frames()[index]
    },
  }
}

it('gives a snapshot and then deltas, in order', async () => {
  const { fleet } = test.app.live
  fleet.put('containers', container('a'))
  const browser = await open()
  const first = await browser.frame(0)
  expect(first).toMatchObject({ type: 'snapshot', epoch: fleet.epoch, seq: fleet.seq })
  if (first?.type === 'snapshot') expect(first.snapshot.containers).toEqual([container('a')])
  fleet.put('containers', container('b'))
  fleet.flush()
  fleet.remove('containers', 'h1', 'a')
  fleet.flush()
  expect(await browser.frame(1)).toMatchObject({ type: 'delta', changes: [{ type: 'put' }] })
  expect(await browser.frame(2)).toMatchObject({
    type: 'delta',
    seq: fleet.seq,
    changes: [{ type: 'removed', id: 'a' }],
  })
  browser.socket.terminate()
})

it('gives after a cut only what was missed, and a snapshot to who comes from another process', async () => {
  const { fleet } = test.app.live
  fleet.flush()
  const { seq } = fleet
  fleet.put('containers', container('missed'))
  const back = await open({ epoch: fleet.epoch, seq })
  expect(await back.frame(0)).toMatchObject({ type: 'resumed', seq: seq + 1 })
  expect(await back.frame(1)).toMatchObject({ type: 'delta', seq: seq + 1 })
  const stranger = await open({ epoch: 'another', seq })
  expect(await stranger.frame(0)).toMatchObject({ type: 'snapshot' })
  const future = await open({ epoch: fleet.epoch, seq: seq + 100 })
  expect(await future.frame(0)).toMatchObject({ type: 'snapshot' })
  for (const { socket } of [back, stranger, future]) socket.terminate()
})
