import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import type { EngineName } from '#e2e/lab/state.ts'
import type { EngineClient } from '../engine/types.ts'
import { inAnyOrderOnPodman4, type LogLab, startLogLab } from '../testing/log-lab.ts'

const engines: readonly EngineName[] = ['docker-unix', 'docker28-tcp', 'podman-tcp', 'podman5-tcp']
const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

let lab: LogLab
beforeAll(async () => {
  lab = await startLogLab('viewers', engines)
})
afterEach(() => lab.cutViewers())
afterAll(() => lab.close())

/** Requests for logs that the server sends to an engine from now on. */
function countReads(engine: EngineName): () => number {
  const client = lab.app.app.hosts.registry.engine(lab.hosts.get(engine) ?? '') as EngineClient
  const real = client.containerLogs
  let count = 0
  client.containerLogs = (...args) => {
    count++
    return real(...args)
  }
  return () => count
}

describe.each(engines)('viewers of one container on %s', (engine) => {
  it('with unlike beginnings ask the engine a few times, not again and again', async () => {
    const id = await lab.run(
      engine,
      'tails',
      'i=0; while [ $i -lt 300 ]; do i=$((i+1)); echo "n $i"; done; sleep 600',
    )
    await lab.written(engine, id, 'n 300')
    const last = await lab.view(lab.of(engine, id), { tail: 1 }).open()
    await expect.poll(() => last.text).toEqual(['n 300'])
    const reads = countReads(engine)
    const all = await lab.view(lab.of(engine, id), { tail: 500 }).open()
    await expect.poll(() => all.rows.length).toBe(300)
    await sleep(1500)
    expect(reads()).toBeLessThan(8)
    expect(all.sources.get(0)?.state).toBe('following')
  })

  it('are shown nothing from before the moment they asked for', async () => {
    const id = await lab.run(engine, 'since', 'echo old; sleep 600')
    const since = `${Math.floor(Date.now() / 1000) + 5}000000000`
    const viewer = await lab.view(lab.of(engine, id), { since }).open()
    await sleep(1500)
    expect(viewer.text).toEqual([])
  })

  it('see the first line of the next run where the last one ended without a newline', async () => {
    const id = await lab.run(engine, 'unended', 'sleep 1; echo begin; sleep 1; printf unended')
    const viewer = await lab.view(lab.of(engine, id)).open()
    await expect.poll(() => viewer.text).toEqual(['begin', 'unended'])
    await sleep(1100)
    expect(await lab.act(engine, id, 'start')).toBe(true)
    await expect.poll(() => viewer.text).toEqual(['begin', 'unended', 'begin', 'unended'])
  })

  it('see every run of a container that crashes again and again', async () => {
    const script = 'echo "run $(cat /n 2>/dev/null)"; echo "$(cat /n 2>/dev/null)x" > /n; exit 1'
    const id = await lab.run(engine, 'crash', script, {
      HostConfig: { RestartPolicy: { Name: 'always' } },
    })
    const viewer = await lab.view(lab.of(engine, id)).open()
    const run = (length: number) => `run ${'x'.repeat(length)}`
    const runs = [0, 1, 2, 3, 4, 5].map(run)
    const seen = () => viewer.text.filter((text) => runs.includes(text))
    await expect.poll(() => seen().length).toBe(6)
    expect(inAnyOrderOnPodman4(engine, seen())).toEqual(inAnyOrderOnPodman4(engine, runs))
    await lab.act(engine, id, 'stop?t=0')
  })
})
