import { randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { engineCall } from '#e2e/lab/engine-http.ts'
import { labImages, makeImageArchive } from '#e2e/lab/images.ts'
import { type EngineName, labEngine, labRegistry, requireLab } from '#e2e/lab/state.ts'
import type { Archive } from '#lib/contracts/archives.ts'
import type { SpecAnswer } from '#lib/contracts/container-create.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import type { Task } from '#lib/contracts/tasks.ts'
import { cutKinds } from '../testing/cut-kinds.ts'
import { type CuttingProxy, startCuttingProxy } from '../testing/cutting-proxy.ts'
import { labTransport } from '../testing/lab-hosts.ts'
import { killServers, type ServerThatEnds, startServerThatEnds } from '../testing/server-that-ends.ts'
import { pushRandomImage } from '../testing/slow-registry.ts'
import { type SmallDiskEngine, startSmallDiskEngine } from '../testing/small-disk-engine.ts'

const engines: EngineName[] = ['docker28-tcp', 'podman5-tcp']
/** Engines may answer nothing at all meanwhile, pings neither. */
const code = /^(?:engine_disk_full|host_unresponsive|connection_reset)$/
const own = `full-${randomUUID().slice(0, 6)}`
afterAll(killServers)

describe.each(engines)('an engine as %s whose disk is full', (name) => {
  const folder = mkdtempSync(join(tmpdir(), 'roadstead-full-'))
  let engine: SmallDiskEngine
  let proxy: CuttingProxy
  let server: ServerThatEnds
  let besideId: string
  /** How what was made is taken down, also where the rest could not be made. */
  const made: (() => unknown)[] = []

  const call = <T>(method: string, path: string, body?: object) =>
    engineCall<T>(engine.socketPath, method, `/v1.41/${path}`, body)
  const rows = () =>
    call<{ Id: string; Names: string[]; State: string }[]>('GET', 'containers/json?all=true').then((all) =>
      all.map(({ Id, Names, State }) => [Id, Names[0], State]),
    )
  const isThere = (reference: string) =>
    call('GET', `images/${reference}/json`).then(
      () => true,
      () => false,
    )
  const ended = async ({ id }: Task) => {
    const task = () => server.call<Task>('GET', `/api/tasks/${id}`)
    await expect.poll(async () => (await task()).state, { timeout: 90_000 }).not.toMatch(/queued|running/)
    return task()
  }

  beforeAll(async () => {
    engine = await startSmallDiskEngine(name, 64)
    made.push(() => engine.close())
    proxy = await startCuttingProxy(engine)
    made.push(() => proxy.close())
    server = await startServerThatEnds(folder, proxy.port)
    made.push(() => server.ended)
    made.push(killServers)
    const beside = { name: 'beside', transport: labTransport('docker-unix') }
    besideId = (await server.call<Host>('POST', '/api/hosts', beside)).id
    // What came of a push whose engine fell silent is read there.
    const { address, scheme } = labRegistry('open')
    await server.call('POST', '/api/registries', { address, scheme })
  })
  afterAll(async () => {
    for (const undo of made.toReversed()) await undo()
    rmSync(folder, { recursive: true })
  })

  it.each(['load', 'pull', 'copy', 'build'] as const)(
    'takes no image by a %s, which says why, and a retry does it when there is room',
    async (kind) => {
      const reference =
        kind === 'pull' ? `${labRegistry('open').address}/${own}/${name}:1` : `full.example/${own}-${kind}:1`
      const hostIds = [server.hostId]
      const begin = async (): Promise<Task> => {
        if (kind === 'pull') {
          await pushRandomImage(reference)
          return server.call('POST', '/api/images/pull', { reference, hostIds })
        }
        if (kind === 'build') {
          const context = { kind: 'dockerfile', text: `FROM ${labImages.busybox}\nRUN echo ${own} > /a\n` }
          return server.call('POST', '/api/images/build', { context, tags: [reference], hostIds })
        }
        if (kind === 'copy') {
          const body = { references: [labImages.web2], sourceHostId: besideId, targetHostIds: hostIds }
          return server.call('POST', '/api/images/copy', body)
        }
        const bytes = readFileSync(await makeImageArchive(requireLab().folder))
        const { id } = await server.call<Archive>('PUT', `/api/archives/upload?name=${own}.tar`, bytes)
        const options = { names: 'rename', references: [reference], only: labImages.web1 }
        return server.call('POST', '/api/archives/load', { archiveId: id, ...options, hostIds })
      }
      const wanted = kind === 'copy' ? labImages.web2 : reference
      // Of the second one with both its names: what is there is not sent.
      for (const image of [labImages.web1, labImages.web2, 'lab.internal/web:latest'])
        await call('DELETE', `images/${image}`).catch(() => {})
      engine.disk.fill()
      const task = await ended(await begin()).finally(() => engine.disk.empty())
      const [step] = task.steps
      expect([task.state, step?.state, step?.error?.code]).toEqual([
        'failed',
        'failed',
        expect.stringMatching(code),
      ])
      expect(await isThere(wanted)).toBe(false)
      const again = await server.call<Task>('POST', `/api/tasks/${task.id}/retry`, {})
      expect((await ended(again)).steps.map(({ error }) => error)).toEqual([null])
      expect(await isThere(wanted)).toBe(true)
    },
  )

  it.each([
    ['push', 'push'],
    ['prune', 'container'],
  ] as const)(
    'a %s is told as what it came to, and a retry does the rest when there is room',
    async (kind, at) => {
      const bench = {
        server,
        socketPath: engine.socketPath,
        besideId,
        besideSocketPath: labEngine('docker-unix').localSocketPath,
        prefix: `${own}-${name}`,
      }
      const cut = await cutKinds[kind].prepare(bench, at)
      try {
        engine.disk.fill()
        const task = await ended(await cut.begin()).finally(() => engine.disk.empty())
        const [step] = task.steps
        expect([step?.state, step?.error ?? null]).toEqual(
          (await cut.done()) ? ['succeeded', null] : ['failed', expect.anything()],
        )
        if (step?.state === 'succeeded') return
        const again = await server.call<Task>('POST', `/api/tasks/${task.id}/retry`, {})
        expect((await ended(again)).steps.map(({ error }) => error)).toEqual([null])
        expect(await cut.done()).toBe(true)
      } finally {
        await cut.clear()
      }
    },
  )

  it.each(['rename', 'create', 'start'] as const)(
    'at the %s of a recreate, which fails: what ran runs, under its name',
    async (step) => {
      const called = `${own}-${step}`
      const HostConfig = { NetworkMode: 'none' }
      const body = { Image: labImages.busybox, Cmd: ['sleep', '600'], StopTimeout: 1, HostConfig }
      const { Id } = await call<{ Id: string }>('POST', `containers/create?name=${called}`, body)
      await call('POST', `containers/${Id}/start`)
      const at = `/api/hosts/${server.hostId}/containers/${Id}`
      const read = () => server.call<SpecAnswer>('GET', `${at}/spec`)
      await expect.poll(read).toBeTruthy()
      const { spec } = await read()
      const full = new Promise<void>((resolve) =>
        proxy.at(
          new RegExp(`^POST \\S+\\/${step}`),
          () => {
            engine.disk.fill()
            resolve()
          },
          'before',
        ),
      )
      const changed = { spec: { ...spec, env: [{ name: 'A', value: '2' }] }, pull: 'never' }
      const task = await server.call<Task>('POST', `${at}/recreate`, changed)
      await full
      // As long as it may take to meet it, and to begin to go back.
      await delay(3000)
      engine.disk.empty()
      const over = await ended(task)
      const now = await rows()
      expect([over.state, over.steps[0]?.error?.code]).toEqual(['failed', expect.stringMatching(code)])
      expect(now.filter(([, found]) => found?.includes(called))).toEqual([[Id, `/${called}`, 'running']])
      for (const [id] of now) await call('DELETE', `containers/${id}?force=true`)
    },
  )
})
