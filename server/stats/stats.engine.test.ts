import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { labImages } from '#e2e/lab/images.ts'
import { type EngineName, engineNames, labEngine } from '#e2e/lab/state.ts'
import { witness } from '#e2e/lab/witness.ts'
import type { Container } from '#lib/contracts/containers.ts'
import type { StatsFrame, StatsPoint } from '#lib/contracts/stats.ts'
import { type AppUnderTest, startApp } from '../testing/app-under-test.ts'
import { labTransport } from '../testing/lab-hosts.ts'

let test: AppUnderTest
beforeAll(async () => {
  test = await startApp()
  await test.setUp()
})
afterAll(() => test.close())

/** A browser's end of the stats socket. */
async function browser() {
  const socket = new WebSocket(`${test.origin.replace('http', 'ws')}/api/stats`, {
    headers: { cookie: test.cookie, origin: test.origin },
  })
  const frames: StatsFrame[] = []
  socket.on('message', (data) => frames.push(JSON.parse(String(data))))
  await new Promise((resolve) => socket.once('open', resolve))
  const closed = new Promise<number>((resolve) => socket.once('close', resolve))
  const ask = (type: string, container?: Container) =>
    socket.send(JSON.stringify({ type, hostId: container?.hostId, id: container?.id }))
  const of = <T extends StatsFrame['type']>(type: T) =>
    frames.filter((frame): frame is Extract<StatsFrame, { type: T }> => frame.type === type)
  const samples = (id: string) => of('sample').flatMap((frame) => (frame.id === id ? [frame.point] : []))
  return { socket, frames, closed, ask, of, samples }
}

async function addHost(name: string, transport: unknown): Promise<string> {
  const answer = await test.call('POST', '/api/hosts', { name, transport })
  expect(answer.status, JSON.stringify(answer.json)).toBe(200)
  return (answer.json as { id: string }).id
}

/** Waits until the fleet shows it as wanted. */
async function container(hostId: string, name: string, state = 'running'): Promise<Container> {
  const find = () =>
    test.app.live.fleet.all('containers', hostId).find((each) => each.name === name && each.state === state)
  await expect.poll(() => find() !== undefined, { timeout: 15_000 }).toBe(true)
  return find() as Container
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

/** "1.5MiB" or "328kB" of the CLIs, in bytes. */
function bytesOf(text: string): number {
  const [, number, unit] = /^([\d.]+)\s*([kKMG]?)(i?)B/.exec(text.trim()) ?? []
  const [, , , binary] = /^([\d.]+)\s*([kKMG]?)(i?)B/.exec(text.trim()) ?? []
  return Number(number) * (binary ? 1024 : 1000) ** ' kMG'.indexOf((unit || ' ').replace('K', 'k'))
}

describe.each(engineNames)('%s', (name: EngineName) => {
  const heavy = `stats-heavy-${name}`
  let hostId: string
  beforeAll(async () => {
    await witness(name, ['rm', '-f', heavy]).catch(() => {})
    const busy = 'trap "exit 0" TERM; while :; do :; done'
    await witness(name, ['run', '-d', '--name', heavy, '--cpus', '0.2', labImages.busybox, 'sh', '-c', busy])
    hostId = await addHost(name, labTransport(name))
  })
  afterAll(async () => {
    await witness(name, ['rm', '-f', heavy])
    await test.call('DELETE', `/api/hosts/${hostId}`)
  })

  it('has a history of what nobody watches, and the host’s sums', async () => {
    const viewer = await browser()
    const burner = await container(hostId, 'burner')
    await expect
      .poll(
        () =>
          test.app.stats.store
            .history(hostId, burner.id)
            ?.coarse.points()
            .filter(([, cpu]) => cpu !== null).length ?? 0,
        {
          timeout: 30_000,
        },
      )
      .toBeGreaterThan(0)
    viewer.ask('fleet')
    await expect.poll(() => viewer.of('fleet').length).toBe(1)
    const host = viewer.of('fleet')[0]?.hosts.find((each) => each.hostId === hostId)
    const row = host?.containers.find(([id]) => burner.id.startsWith(id))
    expect(Math.abs((row?.[1].at(-1) as number) - 5)).toBeLessThan(2)
    await expect
      .poll(() => test.app.stats.store.hosts.get(hostId)?.series.last()?.[1] ?? 0, { timeout: 30_000 })
      .toBeGreaterThan(20)
    viewer.ask('watch', burner)
    await expect.poll(() => viewer.of('history').length).toBe(1)
    expect(viewer.of('history')[0]?.points.length).toBeGreaterThan(1)
    viewer.socket.terminate()
  })

  it('counts what is received and sent as the container does', async () => {
    const viewer = await browser()
    const web = await container(hostId, 'web')
    const inside = async () => {
      const { stdout } = await witness(name, ['exec', 'web', 'cat', '/proc/net/dev'])
      const fields = /(?:eth|tap)\d+:\s*(.*)/.exec(stdout)?.[1]?.split(/\s+/).map(Number) ?? []
      return { received: fields[0] as number, sent: fields[8] as number }
    }
    const before = await inside()
    viewer.ask('watch', web)
    await expect.poll(() => viewer.of('sample').at(-1)?.totals, { timeout: 15_000 }).toBeTruthy()
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
    const viewer = await browser()
    const watched = [await container(hostId, 'burner'), await container(hostId, heavy)]
    for (const each of watched) viewer.ask('watch', each)
    await expect
      .poll(() => Math.min(...watched.map(({ id }) => viewer.samples(id).length)), { timeout: 15_000 })
      .toBeGreaterThan(1)
    const before = watched.map(({ id }) => viewer.samples(id).length)
    // Podman's own first number is the average since the start: the heavy one has been at it for a while by now.
    const told = await Promise.all(
      watched.map(({ name: each }) =>
        witness(name, ['stats', '--no-stream', '--format', '{{.CPUPerc}};{{.MemUsage}}', each]),
      ),
    )
    await expect
      .poll(
        () =>
          Math.min(...watched.map(({ id }, index) => viewer.samples(id).length - (before[index] as number))),
        {
          timeout: 15_000,
        },
      )
      .toBeGreaterThan(2)
    for (const [index, { id }] of watched.entries()) {
      const [cpu = '', memory = ''] = (told[index]?.stdout.trim() ?? '').split(';')
      const [used = '', limit = ''] = memory.split('/')
      const points = viewer.samples(id)
      const ours = mean(points.slice(1).map((point) => point[1] as number))
      const message = `${watched[index]?.name}: CLI ${cpu} ${memory}, ours ${ours}`
      expect(Math.abs(ours - Number.parseFloat(cpu)), message).toBeLessThan(2)
      const [, , bytes, limitBytes] = points.at(-1) as StatsPoint
      // The busy loop forks nothing: its memory stands still but for a page or two. The CLIs round to three digits.
      expect(Math.abs((bytes as number) - bytesOf(used)), message).toBeLessThan(512 * 1024)
      expect((limitBytes as number) / bytesOf(limit), message).toBeCloseTo(1, 1)
    }
    // Of its own limit: a twentieth of a core, and a fifth.
    await expect.poll(() => viewer.of('limit').length, { timeout: 10_000 }).toBeGreaterThan(1)
    const limits = new Map(viewer.of('limit').map((frame) => [frame.id, frame.cpus]))
    expect(watched.map(({ id }) => limits.get(id))).toEqual([0.05, 0.2])
    viewer.socket.terminate()
  })

  it('breaks the line while the container is stopped, never a zero, and goes on after', async () => {
    const viewer = await browser()
    const own = await container(hostId, heavy)
    viewer.ask('watch', own)
    await expect.poll(() => viewer.samples(own.id).length, { timeout: 15_000 }).toBeGreaterThan(1)
    await witness(name, ['kill', heavy])
    await expect
      .poll(
        () =>
          viewer
            .samples(own.id)
            .at(-1)
            ?.slice(1)
            .every((value) => value === null),
        { timeout: 15_000 },
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
        { timeout: 20_000 },
      )
      .toBeGreaterThan(0)
    const memory = viewer.samples(own.id).map((point) => point[2])
    expect(memory).not.toContain(0)
    viewer.socket.terminate()
  })
})

/** Between us and an engine: counts the streams of stats that are open. */
async function counting(name: EngineName) {
  const folder = mkdtempSync(join(tmpdir(), 'roadstead-stats-'))
  const socketPath = join(folder, 'engine.sock')
  const open = new Set<unknown>()
  const engines = new Set<Socket>()
  let opened = 0
  const server: Server = createServer((client) => {
    const engine = connect(labEngine(name).localSocketPath)
    client.on('data', (data) => {
      const path = /^GET (\S+)/.exec(data.toString('latin1'))?.[1] ?? ''
      if (!/\/stats\?stream=true/.test(path)) return
      open.add(client)
      opened++
    })
    engines.add(engine)
    client.pipe(engine).pipe(client)
    for (const each of [client, engine]) {
      each.on('error', () => {})
      each.on('close', () => {
        open.delete(client)
        client.destroy()
        engine.destroy()
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(socketPath, resolve))
  return {
    socketPath,
    streams: () => ({ open: open.size, opened }),
    /** From now on the engine says nothing, as a frozen host does. */
    freeze() {
      for (const engine of engines) engine.unpipe()
    },
    close() {
      server.close()
      rmSync(folder, { recursive: true })
    },
  }
}

describe.each([
  ['docker-unix', 2],
  ['podman-unix', 1],
] as const)('streams of %s', (name, streamsOfTwo) => {
  it('are one for all viewers of a container (of a host on Podman), and end with the last', async () => {
    const line = await counting(name)
    const hostId = await addHost(`counted-${name}`, { kind: 'unix', socketPath: line.socketPath })
    const burner = await container(hostId, 'burner')
    const chatter = await container(hostId, 'chatter')
    expect(line.streams().open).toBe(0)
    const viewers = await Promise.all([browser(), browser(), browser()])
    for (const viewer of viewers) viewer.ask('watch', burner)
    for (const viewer of viewers)
      await expect.poll(() => viewer.samples(burner.id).length, { timeout: 15_000 }).toBeGreaterThan(1)
    expect(line.streams()).toEqual({ open: 1, opened: 1 })
    viewers[0]?.ask('watch', chatter)
    await expect.poll(() => viewers[0]?.samples(chatter.id).length, { timeout: 15_000 }).toBeGreaterThan(1)
    expect(line.streams().open).toBe(streamsOfTwo)
    viewers[0]?.ask('unwatch', chatter)
    viewers[0]?.ask('unwatch', burner)
    viewers[1]?.socket.terminate()
    await expect.poll(() => line.streams().open, { timeout: 10_000 }).toBe(1)
    const seen = viewers[2]?.samples(burner.id).length ?? 0
    await expect
      .poll(() => viewers[2]?.samples(burner.id).length, { timeout: 10_000 })
      .toBeGreaterThan(seen + 1)
    viewers[2]?.socket.terminate()
    await expect.poll(() => line.streams().open, { timeout: 10_000 }).toBe(0)
    viewers[0]?.socket.terminate()
    await test.call('DELETE', `/api/hosts/${hostId}`)
    line.close()
  })
})

describe.each(['docker-unix', 'podman-unix'] as const)('a silent %s', (name) => {
  it('leaves gaps, in the charts and in the summary, and no zeros', async () => {
    const line = await counting(name)
    const hostId = await addHost(`silent-${name}`, { kind: 'unix', socketPath: line.socketPath })
    const burner = await container(hostId, 'burner')
    const viewer = await browser()
    viewer.ask('watch', burner)
    await expect.poll(() => viewer.samples(burner.id).length, { timeout: 15_000 }).toBeGreaterThan(2)
    await expect
      .poll(() => test.app.stats.store.hosts.get(hostId)?.series.last()?.[1] ?? 0, { timeout: 15_000 })
      .toBeGreaterThan(0)
    line.freeze()
    await expect
      .poll(() => viewer.samples(burner.id).at(-1)?.slice(1), { timeout: 15_000 })
      .toEqual(Array.from({ length: 8 }, () => null))
    await expect.poll(() => test.app.hosts.registry.get(hostId).state, { timeout: 15_000 }).not.toBe('online')
    expect(test.app.stats.store.hosts.get(hostId)?.series.last()?.slice(1, 3)).toEqual([null, null])
    const { coarse } = test.app.stats.store.history(hostId, burner.id) ?? {}
    expect(coarse?.last()?.slice(1, 3)).toEqual([null, null])
    expect(viewer.samples(burner.id).map((point) => point[2])).not.toContain(0)
    viewer.socket.terminate()
    await test.call('DELETE', `/api/hosts/${hostId}`)
    line.close()
  })
})

describe('the stats socket', () => {
  it('says what is wrong with a container that is not there', async () => {
    const viewer = await browser()
    viewer.socket.send(JSON.stringify({ type: 'watch', hostId: 'h000000000000', id: 'a'.repeat(64) }))
    await expect.poll(() => viewer.of('unavailable')[0]?.error.code).toBe('container_not_found')
    viewer.socket.terminate()
  })

  it.each(['', '{}', '{"type":"watch"}', '{"type":"watch","hostId":"../x","id":"y"}', '[]'])(
    'closes on %j',
    async (text) => {
      const viewer = await browser()
      viewer.socket.send(text)
      expect(await viewer.closed).toBe(1008)
    },
  )
})
