import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import type { Container } from '#lib/contracts/containers.ts'
import type { ServerFrame } from '#lib/fleet/live-protocol.ts'
import { type AppUnderTest, startApp } from '../../testing/app-under-test.ts'

let test: AppUnderTest
beforeAll(async () => {
  test = await startApp()
  await test.setUp()
})
afterAll(() => test.close())

const container = (id: string, name = id) => ({ hostId: 'h1', id, name }) as unknown as Container

/** A browser's end of the live socket. */
async function open(hello: unknown) {
  const socket = new WebSocket(`${test.origin.replace('http', 'ws')}/api/live`, {
    headers: { cookie: test.cookie, origin: test.origin },
  })
  const frames: ServerFrame[] = []
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  socket.on('message', (data) => frames.push(JSON.parse(String(data))))
  await new Promise((resolve) => socket.once('open', resolve))
  socket.send(typeof hello === 'string' ? hello : JSON.stringify(hello))
  return {
    socket,
    frames,
    closed,
    frame: async (index: number) => {
      await expect.poll(() => frames.length).toBeGreaterThan(index)
      return frames[index] as ServerFrame
    },
  }
}

describe('the live socket', () => {
  it('gives a snapshot and then deltas, in order', async () => {
    const { fleet } = test.app.live
    fleet.put('containers', container('a'))
    const browser = await open({ type: 'hello' })
    const first = await browser.frame(0)
    expect(first).toMatchObject({ type: 'snapshot', epoch: fleet.epoch, seq: fleet.seq })
    if (first.type === 'snapshot') expect(first.snapshot.containers).toEqual([container('a')])
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
    const back = await open({ type: 'hello', epoch: fleet.epoch, seq })
    expect(await back.frame(0)).toMatchObject({ type: 'resumed', seq: seq + 1 })
    expect(await back.frame(1)).toMatchObject({ type: 'delta', seq: seq + 1 })
    const stranger = await open({ type: 'hello', epoch: 'another', seq })
    expect(await stranger.frame(0)).toMatchObject({ type: 'snapshot' })
    const future = await open({ type: 'hello', epoch: fleet.epoch, seq: seq + 100 })
    expect(await future.frame(0)).toMatchObject({ type: 'snapshot' })
    for (const { socket } of [back, stranger, future]) socket.terminate()
  })

  it.each(['', 'nonsense', '{}', '{"type":"hello","seq":-1}', '{"type":"hello","epoch":5}', '[]'])(
    'closes on %j',
    async (hello) => {
      expect(await (await open(hello)).closed).toBe(1008)
    },
  )

  it('takes one greeting only: each would cost a snapshot', async () => {
    const browser = await open({ type: 'hello' })
    await browser.frame(0)
    browser.socket.send(JSON.stringify({ type: 'hello' }))
    expect(await browser.closed).toBe(1008)
  })
})
