import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest'
import { engineCall } from '#e2e/lab/engine-http.ts'
import { labImages } from '#e2e/lab/images.ts'
import { removeContainer } from '#e2e/lab/remove-container.ts'
import { type EngineName, labEngine } from '#e2e/lab/state.ts'
import type { EngineClient } from '../../engine/types.ts'
import { itAt } from '../../testing/it-at.ts'
import { inAnyOrderOnPodman4, type LogLab, startLogLab } from '../../testing/log-lab.ts'
import { pairOf, wholeTables } from '../../testing/whole-tables.ts'

const engines = pairOf<EngineName>(
  ['docker-unix', 'docker28-tcp', 'podman-tcp', 'podman5-tcp'],
  'older Podman',
)
const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

const itAtEach = itAt(engines)
let lab: LogLab
beforeAll(async () => {
  lab = await startLogLab('viewers', engines)
})
afterEach(() => lab.cutViewers())
afterAll(() => lab.close())

/** Requests for logs that the server sends to an engine from now on. */
function countReads(engine: EngineName): () => number {
  const client = lab.app.app.hosts.registry.engine(lab.hosts.get(engine) ?? '') as EngineClient
  const real = client.containers.logs
  let count = 0
  client.containers.logs = (...args) => {
    count++
    return real(...args)
  }
  return () => count
}

describe('viewers of one container', () => {
  itAtEach('with unlike beginnings ask the engine a few times, not again and again', async (engine) => {
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

  itAtEach(
    'lose nothing of what is written while they are away, also where nothing was there before',
    async (engine) => {
      const { localSocketPath } = labEngine(engine)
      const script = 'i=0; while [ $i -lt 12000 ]; do i=$((i+1)); echo "n $i"; done; sleep 600'
      const { Id: id } = await engineCall<{ Id: string }>(
        ...([
          localSocketPath,
          'POST',
          `/v1.41/containers/create?name=${lab.prefix}-empty-${engine}`,
        ] as const),
        { Image: labImages.busybox, Cmd: ['/bin/sh', '-c', script] },
      )
      try {
        const known = () => lab.app.app.live.fleet.get('containers', lab.hosts.get(engine) ?? '', id)
        await expect.poll(known).toBeDefined()
        const viewer = await lab.view(lab.of(engine, id), { tail: 100 }).open()
        await expect.poll(() => Object.keys(viewer.positions)).toHaveLength(1)
        viewer.cut()
        await lab.act(engine, id, 'start')
        await lab.written(engine, id, 'n 12000')
        await viewer.open()
        await expect.poll(() => viewer.text.at(-1)).toBe('n 12000')
        expect(viewer.text).toEqual(Array.from({ length: 12_000 }, (_, index) => `n ${index + 1}`))
      } finally {
        await removeContainer(engine, id)
      }
    },
  )

  itAtEach('are told of lines that the engine cuts away, and see none twice', async (engine) => {
    const script =
      'i=0; while [ $i -lt 3000 ]; do j=0; while [ $j -lt 100 ]; do i=$((i+1)); j=$((j+1)); echo "n $i"; done; sleep 0.1; done; sleep 2; echo end; sleep 600'
    const log = engine.startsWith('podman')
      ? { Type: 'k8s-file', Config: { 'max-size': '10kb' } }
      : { Type: 'json-file', Config: { 'max-size': '20k', 'max-file': '2' } }
    const id = await lab.run(engine, 'rotated', `sleep 2; ${script}`, { HostConfig: { LogConfig: log } })
    const viewer = await lab.view(lab.of(engine, id), { tail: 100 }).open()
    await expect.poll(() => viewer.text.at(-1)).toBe('end')
    const seen = viewer.text.slice(0, -1).map((text) => Number(text.slice(2)))
    expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b))
    const gaps = viewer.frames.filter((frame) => frame.type === 'gap')
    // On a busy machine it comes late: it was never to have what is before its first line.
    if (seen.length < 3000 + 1 - (seen[0] ?? 0)) expect(gaps.length).toBeGreaterThan(0)
  })

  itAtEach('are shown nothing from before the moment they asked for', async (engine) => {
    const id = await lab.run(engine, 'since', 'echo old; sleep 600')
    const since = `${Math.floor(Date.now() / 1000) + 5}000000000`
    const viewer = await lab.view(lab.of(engine, id), { since }).open()
    await sleep(1500)
    expect(viewer.text).toEqual([])
  })

  itAtEach(
    'see the first line of the next run where the last one ended without a newline',
    async (engine) => {
      const id = await lab.run(engine, 'unended', 'sleep 1; echo begin; sleep 1; printf unended')
      const viewer = await lab.view(lab.of(engine, id)).open()
      await expect.poll(() => viewer.text).toEqual(['begin', 'unended'])
      await sleep(1100)
      expect(await lab.act(engine, id, 'start')).toBe(true)
      await expect
        .poll(() => viewer.text, { timeout: 60_000 })
        .toEqual(['begin', 'unended', 'begin', 'unended'])
    },
  )

  // Restarts at every engine at once are much work for the machine.
  itAt(engines.filter((_, index) => wholeTables || index % 3 > 0))(
    'see every run of a container that crashes again and again',
    async (engine) => {
      const script = 'echo "run $(cat /n 2>/dev/null)"; echo "$(cat /n 2>/dev/null)x" > /n; exit 1'
      const id = await lab.run(engine, 'crash', script, {
        HostConfig: { RestartPolicy: { Name: 'always' } },
      })
      const viewer = await lab.view(lab.of(engine, id)).open()
      const run = (length: number) => `run ${'x'.repeat(length)}`
      const runs = [0, 1, 2, 3, 4, 5].map(run)
      const seen = () => viewer.text.filter((text) => runs.includes(text))
      try {
        // An engine waits longer before each start, and a busy one takes seconds for it.
        await expect.poll(() => seen().length, { timeout: 100_000 }).toBe(6)
        expect(inAnyOrderOnPodman4(engine, seen())).toEqual(inAnyOrderOnPodman4(engine, runs))
      } finally {
        // One that goes on crashing slows down whatever comes behind it, a second try as well.
        await lab.act(engine, id, 'stop?t=0')
      }
    },
  )
})
