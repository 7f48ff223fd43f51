import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { burn } from '#e2e/lab/burner.ts'
import { labImages } from '#e2e/lab/images.ts'
import type { EngineName } from '#e2e/lab/state.ts'
import { witness, witnessedUse } from '#e2e/lab/witness.ts'
import type { StatsPoint } from '#lib/contracts/stats.ts'
import { type AppUnderTest, startApp } from '../../testing/app-under-test.ts'
import { labTransport } from '../../testing/lab-hosts.ts'
import { addHost, runningContainer, watchStats } from '../../testing/stats-viewer.ts'
import { pairOf } from '../../testing/whole-tables.ts'

let test: AppUnderTest
beforeAll(async () => {
  test = await startApp()
  await test.setUp()
})
afterAll(() => test.close())

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

/** "1.5MiB" or "328kB" of the CLIs, in bytes. */
function bytesOf(text: string): number {
  const [, number, unit] = /^([\d.]+)\s*([kKMG]?)(i?)B/.exec(text.trim()) ?? []
  const [, , , binary] = /^([\d.]+)\s*([kKMG]?)(i?)B/.exec(text.trim()) ?? []
  return Number(number) * (binary ? 1024 : 1000) ** ' kMG'.indexOf((unit || ' ').replace('K', 'k'))
}

/** The figures are the engine's, whichever way they come. */
const engines = pairOf<EngineName>(
  ['docker-ssh', 'docker28-tcp', 'podman-unix', 'podman5-tcp'],
  'older Podman',
)

describe.each(engines)('%s', (name) => {
  const heavy = `stats-heavy-${name}`
  let rest: (() => Promise<void>) | undefined
  let hostId: string
  beforeAll(async () => {
    await witness(name, ['rm', '-f', heavy]).catch(() => {})
    const busy = 'trap "exit 0" TERM; while :; do :; done'
    await witness(name, ['run', '-d', '--name', heavy, '--cpus', '0.2', labImages.busybox, 'sh', '-c', busy])
    rest = await burn([name])
    hostId = await addHost(test, name, labTransport(name))
  })
  afterAll(async () => {
    await rest?.()
    await witness(name, ['rm', '-f', heavy])
    await test.call('DELETE', `/api/hosts/${hostId}`)
  })

  it('has a history of what nobody watches, and the host’s sums', async () => {
    const viewer = await watchStats(test)
    const burner = await runningContainer(test, hostId, 'burner')
    await expect
      .poll(
        () =>
          test.app.stats.store
            .history(hostId, burner.id)
            ?.coarse.points()
            .filter(([, cpu]) => cpu !== null).length ?? 0,
      )
      .toBeGreaterThan(0)
    const summary = viewer.fleet()
    await expect.poll(() => summary.frames().length).toBeGreaterThan(0)
    const [first] = summary.frames()
    if (first?.type !== 'fleet') throw new Error('no summary')
    const host = first.hosts.find((each) => each.hostId === hostId)
    const row = host?.containers.find(([id]) => burner.id.startsWith(id))
    expect(Math.abs((row?.[1].at(-1) as number) - 3)).toBeLessThan(2)
    await expect
      .poll(() => test.app.stats.store.hosts.get(hostId)?.series.last()?.[1] ?? 0)
      .toBeGreaterThan(20)
    viewer.watch(burner)
    await expect.poll(() => viewer.of('history').length).toBe(1)
    expect(viewer.of('history')[0]?.points.length).toBeGreaterThan(1)
    viewer.socket.terminate()
  })

  it('counts what is received and sent as the container does', async () => {
    const viewer = await watchStats(test)
    const web = await runningContainer(test, hostId, 'web')
    const inside = async () => {
      const { stdout } = await witness(name, ['exec', 'web', 'cat', '/proc/net/dev'])
      const fields = /(?:eth|tap)\d+:\s*(.*)/.exec(stdout)?.[1]?.split(/\s+/).map(Number) ?? []
      return { received: fields[0] as number, sent: fields[8] as number }
    }
    const before = await inside()
    viewer.watch(web)
    await expect.poll(() => viewer.of('sample').at(-1)?.totals).toBeTruthy()
    const totals = viewer.of('sample').at(-1)?.totals
    const after = await inside()
    // A broadcast may come in between.
    for (const way of ['received', 'sent'] as const) {
      expect(totals?.[way], way).toBeGreaterThanOrEqual(before[way])
      expect(totals?.[way], way).toBeLessThanOrEqual(after[way])
    }
    viewer.socket.terminate()
  })

  it('live values agree with the CLI, side by side, within 2 points', async () => {
    const viewer = await watchStats(test)
    const watched = [
      await runningContainer(test, hostId, 'burner'),
      await runningContainer(test, hostId, heavy),
    ]
    for (const each of watched) viewer.watch(each)
    await expect
      .poll(() => Math.min(...watched.map(({ id }) => viewer.samples(id).length)))
      .toBeGreaterThan(1)
    /** One reading of the CLI, and ours of the same seconds: the difference in points, and both in words. */
    const compare = async ({ id, name: each }: (typeof watched)[number]) => {
      const before = viewer.samples(id).length
      const { cpu, memory } = await witnessedUse(name, each)
      await expect.poll(() => viewer.samples(id).length).toBeGreaterThan(before + 2)
      const [used = '', limit = ''] = memory.split('/')
      const points = viewer.samples(id).slice(before)
      const ours = mean(points.map((point) => point[1] as number))
      const words = `${each}: CLI ${cpu} % ${memory}, ours ${ours}`
      const [, , bytes, limitBytes] = points.at(-1) as StatsPoint
      // The busy loop forks nothing: its memory stands still but for a page or two. The CLIs round to three digits.
      expect(Math.abs((bytes as number) - bytesOf(used)), words).toBeLessThan(512 * 1024)
      expect((limitBytes as number) / bytesOf(limit), words).toBeCloseTo(1, 1)
      return { points: Math.abs(ours - cpu), words }
    }
    for (const each of watched) {
      // While the machine is busy with other things a container does not get its share evenly, and the CLI's seconds
      // are not quite ours. A wrong formula never agrees.
      let found = await compare(each)
      for (let attempt = 1; attempt < 6 && found.points >= 2; attempt++) found = await compare(each)
      expect(found.points, found.words).toBeLessThan(2)
    }
    // Of its own limit: a twentieth of a core, and a fifth.
    await expect.poll(() => viewer.of('limit').length).toBeGreaterThan(1)
    const limits = new Map(viewer.of('limit').map((frame) => [frame.id, frame.cpus]))
    expect(watched.map(({ id }) => limits.get(id))).toEqual([0.03, 0.2])
    viewer.socket.terminate()
  })

  it('breaks the line while the container is stopped, never a zero, and goes on after', async () => {
    const viewer = await watchStats(test)
    const own = await runningContainer(test, hostId, heavy)
    viewer.watch(own)
    await expect.poll(() => viewer.samples(own.id).length).toBeGreaterThan(1)
    await witness(name, ['kill', heavy])
    await expect
      .poll(() =>
        viewer
          .samples(own.id)
          .at(-1)
          ?.slice(1)
          .every((value) => value === null),
      )
      .toBe(true)
    const stopped = viewer.samples(own.id).length
    await witness(name, ['start', heavy])
    await expect
      .poll(
        () =>
          viewer
            .samples(own.id)
            .slice(stopped)
            .filter(([, cpu]) => (cpu ?? 0) > 10).length,
      )
      .toBeGreaterThan(0)
    // Once it runs again a zero is the engine's own: of so small a container the kernel may have charged no page yet.
    const untilStarted = viewer.samples(own.id).slice(0, stopped)
    expect(untilStarted.map((point) => point[2])).not.toContain(0)
    viewer.socket.terminate()
  })
})
