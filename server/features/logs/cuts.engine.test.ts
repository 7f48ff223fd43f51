import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { engineCall } from '#e2e/lab/engine-http.ts'
import { labImages } from '#e2e/lab/images.ts'
import { labEngine } from '#e2e/lab/state.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import { type AppUnderTest, startApp } from '../../testing/app-under-test.ts'
import { type CuttingProxy, startCuttingProxy } from '../../testing/cutting-proxy.ts'
import { LogViewer } from '../../testing/log-viewer.ts'

const total = 200_000
/** As many as there are while all goes well. */
const mostCuts = 40
/** Five thousand lines a second: five hundred at a time. */
const script = `trap 'exit 0' TERM; i=0; while [ $i -lt ${total} ]; do j=0; while [ $j -lt 500 ]; do i=$((i+1)); j=$((j+1)); echo "n $i"; done; sleep 0.08; done; while :; do sleep 1; done`

const engines = ['docker28-tcp', 'podman5-tcp'] as const
let test: AppUnderTest
const proxies: CuttingProxy[] = []
const made: (() => Promise<unknown>)[] = []
const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

beforeAll(async () => {
  test = await startApp()
  await test.setUp()
})
afterAll(async () => {
  await test.close()
  for (const proxy of proxies) proxy.close()
  for (const remove of made) await remove()
})

// Both at once: the lines come at their own pace, and two engines take no longer than one.
it('200,000 numbered lines at 5,000 a second come once each and in order, though both connections are cut again and again', async () => {
  const runs = await Promise.all(
    engines.map(async (name) => {
      const engine = labEngine(name)
      if (engine.transport.kind !== 'tcp') throw new Error(`${name} is not reached by TCP`)
      const proxy = await startCuttingProxy(engine.transport)
      proxies.push(proxy)
      const transport = { kind: 'tcp', host: '127.0.0.1', port: proxy.port }
      // A second try makes a host of its own.
      const added = await test.call('POST', '/api/hosts', { name: `${name}-${proxy.port}`, transport })
      expect(added.status).toBe(200)
      const host = added.json as Host
      const socketPath = engine.localSocketPath
      const { Id } = await engineCall<{ Id: string }>(
        socketPath,
        'POST',
        `/v1.41/containers/create?name=cuts-${randomUUID().slice(0, 8)}`,
        { Image: labImages.busybox, Cmd: ['/bin/sh', '-c', script] },
      )
      made.push(() => engineCall(socketPath, 'DELETE', `/v1.41/containers/${Id}?force=1`))
      await expect.poll(() => test.app.live.fleet.get('containers', host.id, Id)).toBeDefined()
      const viewer = new LogViewer(
        test,
        { containers: [{ hostId: host.id, containerId: Id }] },
        { tail: 10_000 },
      )
      await viewer.open()
      await engineCall(socketPath, 'POST', `/v1.41/containers/${Id}/start`)
      return { proxy, viewer, cuts: 0 }
    }),
  )
  const done = () => runs.every(({ viewer }) => viewer.text.at(-1) === `n ${total}`)
  const end = Date.now() + 150_000
  for (let turn = 0; !done() && Date.now() < end; turn++) {
    await sleep(900 + (turn % 5) * 170)
    // A slow machine reads up to where it was for longer than a second: it would never get on.
    if (turn >= mostCuts) continue
    for (const run of runs) {
      // In turn: the viewer's end, the engine's, and both at once.
      if (turn % 3 !== 0) run.cuts += Math.min(run.proxy.cut(), 1)
      if (turn % 3 !== 1) {
        run.viewer.cut()
        await sleep(50)
        await run.viewer.open()
        run.cuts++
      }
    }
  }
  for (const { viewer, cuts } of runs) {
    expect(cuts).toBeGreaterThan(10)
    const wrong = viewer.text.findIndex((text, index) => text !== `n ${index + 1}`)
    expect({ wrong, there: viewer.text.slice(Math.max(0, wrong - 2), wrong + 3) }).toEqual({
      wrong: -1,
      there: expect.anything(),
    })
    expect(viewer.rows.length).toBe(total)
    expect(viewer.frames.filter((frame) => frame.type === 'gap')).toEqual([])
    viewer.cut()
  }
}, 180_000)
