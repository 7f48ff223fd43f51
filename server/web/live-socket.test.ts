import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { closeCodes } from '#lib/close-codes.ts'
import type { Container } from '#lib/contracts/containers.ts'
import { applyLive, emptyFleet } from '#lib/fleet/apply-live.ts'
import { liveTopics } from '#lib/live-topics.ts'
import { type AppUnderTest, startApp } from '../testing/app-under-test.ts'
import { openLive } from '../testing/live-viewer.ts'
import { liveSocket } from './live-socket.ts'
import { type Topic } from './live-topic.ts'

let test: AppUnderTest
beforeAll(async () => {
  test = await startApp()
  await test.setUp()
})
afterAll(() => test.close())

const subscribe = (id: unknown, topic: unknown, params: unknown = {}) => ({
  type: 'subscribe',
  id,
  topic,
  params,
})
/** That the fleet is still told: a change reaches who follows it. */
async function goesOn(fleet: { frames(): { type: string }[] }) {
  const id = `told-${Math.random()}`
  test.app.live.fleet.put('containers', { hostId: 'h1', id, name: id } as unknown as Container)
  test.app.live.fleet.flush()
  await expect.poll(() => JSON.stringify(fleet.frames())).toContain(id)
}

describe('a request that is refused ends nothing else', () => {
  it.each([
    ['an unknown topic', subscribe('x', 'nothing'), 'topic_unknown'],
    ['a name of every object’s own', subscribe('x', 'constructor'), 'topic_unknown'],
    ['an id that is used', subscribe('fleet-1', 'fleet'), 'subscription_exists'],
    ['more of a topic than there are for a page', subscribe('x', 'fleet'), 'too_many_streams'],
    ['one too large', subscribe('x', 'fleet', { epoch: 'e'.repeat(5000) }), 'body_too_large'],
  ])('%s', async (_what, request, code) => {
    const page = await openLive(test)
    const fleet = page.follow('fleet')
    await expect.poll(() => fleet.frames().length).toBe(1)
    page.say(request)
    await expect.poll(page.refusals).toEqual([`refused ${request.id} ${code}`])
    await goesOn(fleet)
    page.socket.terminate()
  })

  it('parameters that do not fit, with the fields', async () => {
    const page = await openLive(test)
    page.say(subscribe('x', 'fleet', { seq: -1 }))
    await expect
      .poll(() => page.frames[0])
      .toMatchObject({
        type: 'refused',
        id: 'x',
        error: { code: 'invalid_input', fields: [{ path: 'seq' }] },
      })
    page.socket.terminate()
  })

  it('one after another without end, since each may cost a snapshot', async () => {
    const page = await openLive(test)
    for (let count = 0; count < 80; count++) {
      page.say(subscribe(`n${count}`, 'fleet'))
      page.say({ type: 'unsubscribe', id: `n${count}` })
    }
    await expect.poll(() => page.refusals().length).toBeGreaterThan(10)
    expect(new Set(page.refusals().map((each) => each.split(' ')[2]))).toEqual(new Set(['too_many_requests']))
    expect(page.frames.filter(({ type }) => type === 'frame').length).toBeLessThan(70)
    expect(page.socket.readyState).toBe(page.socket.OPEN)
    page.socket.terminate()
  })
})

it.each([
  ['no JSON', 'nonsense'],
  ['nothing', ''],
  ['no object', '[]'],
  ['no request', '{"type":"hello"}'],
  ['an id that JSON would escape', JSON.stringify(subscribe('"', 'fleet'))],
  ['an id without end', JSON.stringify(subscribe('x'.repeat(33), 'fleet'))],
  ['no id', JSON.stringify(subscribe(undefined, 'fleet'))],
  ['a topic that is no name', JSON.stringify(subscribe('x', {}))],
])('is closed for good by %s', async (_what, text) => {
  const page = await openLive(test)
  page.say(text)
  expect(await page.closed).toBe(closeCodes.notUnderstood)
})

it('is closed for good by a message larger than any of a page', async () => {
  const page = await openLive(test)
  page.say(subscribe('x', 'fleet', { epoch: 'e'.repeat(70_000) }))
  expect(await page.closed).toBe(closeCodes.tooLarge)
})

it('who reads slowly misses what snapshots make good, of each topic, and nothing ends', async () => {
  const page = await openLive(test)
  const [fleet, tasks] = [page.follow('fleet'), page.follow('tasks')]
  await expect.poll(() => [fleet.frames().length, tasks.frames().length]).toEqual([1, 1])
  page.socket.pause()
  const state = test.app.live.fleet
  // As random as it is, it does not become small on the way.
  const large = randomBytes(384 * 1024).toString('base64')
  for (let count = 0; count < 60; count++) {
    state.put('containers', {
      hostId: 'h1',
      id: 'large',
      name: `${count}`,
      image: large,
    } as unknown as Container)
    state.flush()
    await new Promise(setImmediate)
  }
  page.socket.resume()
  const held = () => fleet.frames().reduce(applyLive, emptyFleet).containers.get('h1/large')?.name
  await expect.poll(held).toBe('59')
  expect(fleet.frames().filter(({ type }) => type === 'snapshot').length).toBeGreaterThan(1)
  expect(fleet.frames().length).toBeLessThan(60)
  state.remove('containers', 'h1', 'large')
  await goesOn(fleet)
  page.socket.terminate()
})

it('a subscription that its page leaves is told no more, and leaves room for another', async () => {
  const page = await openLive(test)
  const first = page.follow('fleet')
  await expect.poll(() => first.frames().length).toBe(1)
  first.leave()
  // One that is not there, or not any more.
  first.leave()
  const second = page.follow('fleet')
  await expect.poll(() => second.frames().length).toBe(1)
  await goesOn(second)
  expect(first.frames()).toHaveLength(1)
  expect(page.refusals()).toEqual([])
  page.socket.terminate()
})

it('each topic of the table is told by one feature', () => {
  const topics = Object.keys(liveTopics).map((name) => ({ name, open: () => {} }) as unknown as Topic)
  const parts = {} as Parameters<typeof liveSocket>[1]
  expect(() => liveSocket(topics, parts)).not.toThrow()
  expect(() => liveSocket(topics.slice(1), parts)).toThrow(`No feature tells the topic ${topics[0]?.name}.`)
  expect(() => liveSocket([...topics, ...topics], parts)).toThrow('Two features tell the topic')
})
