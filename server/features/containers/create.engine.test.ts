import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { engineCall } from '#e2e/lab/engine-http.ts'
import { labImages } from '#e2e/lab/images.ts'
import { removeContainer } from '#e2e/lab/remove-container.ts'
import { type EngineName, labEngine } from '#e2e/lab/state.ts'
import { witness } from '#e2e/lab/witness.ts'
import {
  type ContainerSpecInput,
  containerSpecSchema,
  type RecreateInput,
  type SpecAnswer,
} from '#lib/contracts/container-create.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import type { Task } from '#lib/contracts/tasks.ts'
import { type AppUnderTest, startApp } from '../../testing/app-under-test.ts'
import { itAt } from '../../testing/it-at.ts'
import { labTransport } from '../../testing/lab-hosts.ts'
import { pairOf } from '../../testing/whole-tables.ts'

const prefix = `create-${randomUUID().slice(0, 8)}`
const engines = ['docker-unix', 'docker28-tcp', 'podman-tcp', 'podman5-tcp'] as const
const itAtEach = itAt(pairOf<EngineName>(engines, 'older Docker'))
let test: AppUnderTest
const hosts = new Map<EngineName, string>()

beforeAll(async () => {
  test = await startApp()
  await test.setUp()
  for (const name of engines) {
    const answer = await test.call('POST', '/api/hosts', { name, transport: labTransport(name) })
    hosts.set(name, (answer.json as Host).id)
  }
  const synced = async () =>
    ((await test.call('GET', '/api/hosts')).json as Host[]).every((host) => host.syncedAt)
  for (const end = Date.now() + 30_000; !(await synced()) && Date.now() < end; )
    await new Promise((resolve) => setTimeout(resolve, 100))
})
afterAll(async () => {
  await test.close()
  await Promise.all(engines.map(removeMade))
})
async function removeMade(engine: EngineName): Promise<void> {
  const { localSocketPath } = labEngine(engine)
  const all = await engineCall<{ Id: string; Names: string[] }[]>(
    localSocketPath,
    'GET',
    '/v1.41/containers/json?all=1',
  )
  for (const { Id } of all.filter(({ Names }) => Names[0]?.startsWith(`/${prefix}`)))
    await removeContainer(engine, Id).catch(() => {})
  await engineCall(localSocketPath, 'DELETE', `/v1.41/networks/${prefix}-one`).catch(() => {})
  await engineCall(localSocketPath, 'DELETE', `/v1.41/networks/${prefix}-two`).catch(() => {})
  await engineCall(localSocketPath, 'DELETE', `/v1.41/volumes/${prefix}-data`).catch(() => {})
}

async function ended(answer: { status: number; json: unknown }): Promise<Task> {
  expect(answer).toMatchObject({ status: 200 })
  const { id } = answer.json as Task
  let task = answer.json as Task
  await expect
    .poll(
      async () => {
        task = ((await test.call('GET', '/api/tasks')).json as Task[]).find((one) => one.id === id) as Task
        return task.state
      },
      { timeout: 60_000 },
    )
    .not.toMatch(/queued|running/)
  return task
}
const create = async (engine: EngineName, spec: ContainerSpecInput, more: object = {}) =>
  ended(await test.call('POST', '/api/containers', { spec, hostIds: [hosts.get(engine)], ...more }))
const idOf = (task: Task) => String(task.steps[0]?.result?.containerId)
const pathOf = (engine: EngineName, id: string) => `/api/hosts/${hosts.get(engine)}/containers/${id}`
const specOf = async (engine: EngineName, id: string) =>
  (await test.call('GET', `${pathOf(engine, id)}/spec`)).json as SpecAnswer
/** The server knows it: by event, and at the latest by the next list. */
const known = (engine: EngineName, id: string) =>
  expect.poll(() => test.app.live.fleet.get('containers', hosts.get(engine) ?? '', id)).toBeDefined()
const recreate = async (engine: EngineName, id: string, input: RecreateInput) =>
  ended(await test.call('POST', `${pathOf(engine, id)}/recreate`, input))
const inspect = async (engine: EngineName, ref: string) =>
  JSON.parse((await witness(engine, ['inspect', ref])).stdout)[0]

describe('a container made', () => {
  itAtEach('is what was asked for, and is read back as the same', async (engine) => {
    for (const name of ['one', 'two'])
      await engineCall(labEngine(engine).localSocketPath, 'POST', '/v1.41/networks/create', {
        Name: `${prefix}-${name}`,
      })
    const asked = containerSpecSchema.parse({
      image: labImages.busybox,
      name: `${prefix}-${engine}`,
      entrypoint: ['/bin/sh'],
      command: ['-c', 'echo "$GREETING"; sleep 600'],
      env: [
        { name: 'GREETING', value: 'two words' },
        { name: 'EMPTY', value: '' },
      ],
      labels: [{ name: 'org.example.team', value: 'ops = one' }],
      workdir: '/tmp',
      user: '0:0',
      hostname: 'greeter',
      tty: true,
      stdin: true,
      // Debian's Podman packages come without the program that Podman needs for it.
      init: engine.startsWith('docker'),
      ports: [
        { hostIp: '127.0.0.1', hostPort: '18123', containerPort: 80 },
        { hostPort: '18124', containerPort: 53, protocol: 'udp' },
      ],
      mounts: [
        { type: 'volume', source: `${prefix}-data`, target: '/data' },
        { type: 'bind', source: '/etc/hostname', target: '/bound', readOnly: true },
        { type: 'tmpfs', target: '/scratch', options: ['size=1048576'] },
      ],
      networks: [{ name: `${prefix}-one`, aliases: ['greet'] }, { name: `${prefix}-two` }],
      restart: { policy: 'on-failure', retries: 3 },
      limits: { memory: 64 * 1024 * 1024, cpus: 0.5, pids: 77 },
      ulimits: [
        { name: 'nofile', soft: 1000, hard: 2000 },
        { name: 'nproc', soft: 900, hard: 1000 },
      ],
      health: { test: ['CMD-SHELL', 'true'], interval: 30, timeout: 5, startPeriod: 1, retries: 2 },
      readOnly: true,
      capAdd: ['NET_ADMIN'],
      capDrop: ['CHOWN'],
      extraHosts: ['db:10.9.8.7'],
      stopSignal: 'SIGINT',
      stopTimeout: 3,
    } satisfies ContainerSpecInput)
    const task = await create(engine, asked)
    expect(task.steps[0]).toMatchObject({ state: 'succeeded', error: null })
    const id = idOf(task)
    const seen = await inspect(engine, id)
    expect(seen.State.Running).toBe(true)
    expect(seen.Config.Env).toContain('GREETING=two words')
    expect((await witness(engine, ['exec', id, 'cat', '/proc/self/limits'])).stdout).toMatch(
      /open files +\d+ +2000/i,
    )
    expect((await witness(engine, ['exec', id, 'hostname'])).stdout.trim()).toBe('greeter')
    await known(engine, id)
    const { spec, kept } = await specOf(engine, id)
    const sorted = (value: typeof spec) => ({
      ...value,
      mounts: value.mounts.toSorted((a, b) => (a.target < b.target ? -1 : 1)),
      ports: value.ports.toSorted((a, b) => a.containerPort - b.containerPort),
      env: value.env.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
      ulimits: value.ulimits.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
      capAdd: value.capAdd.map((name) => name.replace(/^CAP_/, '')),
      capDrop: value.capDrop.map((name) => name.replace(/^CAP_/, '')),
    })
    expect(sorted(spec)).toEqual(sorted(asked))
    expect(kept).toEqual([])
  })

  itAtEach('of nothing but an image has nothing more in its spec', async (engine) => {
    const name = `${prefix}-bare-${engine}`
    const id = idOf(await create(engine, { image: labImages.web1, name }, { start: false }))
    await known(engine, id)
    expect(await specOf(engine, id)).toEqual({
      spec: containerSpecSchema.parse({ image: labImages.web1, name }),
      kept: [],
      lost: [],
      dependents: [],
    })
  })

  itAtEach('is refused in the words of the engine, and leaves nothing behind', async (engine) => {
    const name = `${prefix}-refused-${engine}`
    const taken = await create(engine, { image: labImages.busybox, name, command: ['sleep', '600'] })
    expect(taken).toMatchObject({ state: 'succeeded' })
    const again = await create(engine, { image: labImages.busybox, name })
    expect(again.steps[0]).toMatchObject({ state: 'failed', error: { code: 'container_name_taken' } })
    const missing = await create(
      engine,
      { image: 'lab.internal/none:1', name: `${name}-2` },
      { pull: 'never' },
    )
    expect(missing.steps[0]).toMatchObject({ state: 'failed', error: { code: 'image_not_found' } })
    const wrong = await test.call('POST', '/api/containers', {
      spec: { image: labImages.busybox, mounts: [{ type: 'bind', source: 'x', target: 'y' }] },
      hostIds: [hosts.get(engine)],
    })
    expect(wrong.json).toMatchObject({
      error: {
        code: 'invalid_input',
        fields: [{ path: 'spec.mounts.0.target' }, { path: 'spec.mounts.0.source' }],
      },
    })
  })

  itAtEach(
    'takes the place of an old one, with its volumes without a name, networks and addresses',
    async (engine) => {
      const name = `${prefix}-again-${engine}`
      const task = await create(engine, {
        image: labImages.busybox,
        name,
        stopTimeout: 1,
        command: ['sh', '-c', 'sleep 600'],
        mounts: [{ type: 'volume', target: '/anonymous' }],
        networks: [{ name: `${prefix}-one`, aliases: ['kept'] }],
        ports: [{ hostPort: '18125', containerPort: 80 }],
      })
      expect(task).toMatchObject({ state: 'succeeded' })
      const old = idOf(task)
      await witness(engine, ['exec', old, 'sh', '-c', 'echo precious > /anonymous/file'])
      await known(engine, old)
      const { spec } = await specOf(engine, old)
      const changed = { ...spec, env: [{ name: 'NEW', value: '1' }] }
      const done = await recreate(engine, old, { spec: changed })
      expect(done).toMatchObject({ state: 'succeeded' })
      const seen = await inspect(engine, name)
      expect(seen.Id).toBe(idOf(done))
      expect(seen.State.Running).toBe(true)
      expect(
        (await witness(engine, ['exec', name, 'sh', '-c', 'cat /anonymous/file; echo $NEW'])).stdout,
      ).toBe('precious\n1\n')
      expect((await witness(engine, ['ps', '-aq', '--no-trunc'])).stdout).not.toContain(old)
      await known(engine, idOf(done))
      expect((await specOf(engine, idOf(done))).spec.networks).toEqual(spec.networks)
    },
  )

  itAtEach('that ends at once gives the place back', async (engine) => {
    const name = `${prefix}-back-${engine}`
    const old = idOf(
      await create(engine, {
        image: labImages.busybox,
        name,
        stopTimeout: 1,
        command: ['sleep', '600'],
        ports: [{ hostPort: '18126', containerPort: 80 }],
      }),
    )
    await known(engine, old)
    const { spec } = await specOf(engine, old)
    const failed = await recreate(engine, old, {
      spec: { ...spec, command: ['sh', '-c', 'echo last words; exit 3'] },
    })
    expect(failed.steps[0]).toMatchObject({
      state: 'failed',
      error: { code: 'container_stopped_at_once', params: { exitCode: 3 }, detail: 'last words' },
    })
    const seen = await inspect(engine, name)
    expect(seen.Id).toBe(old)
    expect(seen.State.Running).toBe(true)
    const refused = await recreate(engine, old, {
      spec: { ...spec, workdir: '/x', image: 'lab.internal/none:1' },
      pull: 'never',
    })
    expect(refused.steps[0]).toMatchObject({ state: 'failed', error: { code: 'image_not_found' } })
    expect((await inspect(engine, name)).State.Running).toBe(true)
    const names = (await witness(engine, ['ps', '-a', '--format', '{{.Names}}'])).stdout
    expect(names).not.toContain(`${name}-old`)
  })
})

it('is not made by who may not', async () => {
  const hostId = hosts.get('docker-unix') as string
  const answer = await test.call('POST', '/api/containers', {
    spec: { image: 'x' },
    hostIds: [hostId],
    start: 'yes',
  })
  expect(answer.status).toBe(400)
  expect(
    (await test.call('POST', '/api/containers', { spec: { image: 'x' }, hostIds: ['h000000000000'] })).status,
  ).toBe(404)
})

itAt(['docker28-tcp', 'podman5-tcp'] as const)(
  'a start that fails leaves its container, which a retry starts',
  async (engine) => {
    const { localSocketPath } = labEngine(engine)
    const call = <T>(method: string, path: string, body?: object) =>
      engineCall<T>(localSocketPath, method, `/v1.41/${path}`, body)
    const [holder, name] = [`${prefix}-holder-${engine}`, `${prefix}-retry-${engine}`]
    const PortBindings = { '80/tcp': [{ HostPort: '28473' }] }
    const asked = { ExposedPorts: { '80/tcp': {} }, HostConfig: { PortBindings } }
    const body = { Image: labImages.busybox, Cmd: ['sleep', '600'], ...asked }
    const { Id } = await call<{ Id: string }>('POST', `containers/create?name=${holder}`, body)
    await call('POST', `containers/${Id}/start`)
    const ports = [{ containerPort: 80, hostPort: '28473', protocol: 'tcp' as const }]
    const failed = await create(engine, { image: labImages.busybox, name, command: ['sleep', '600'], ports })
    expect(failed.steps[0]).toMatchObject({ state: 'failed', error: { code: 'port_taken' } })
    const made = idOf(failed)
    await removeContainer(engine, Id)
    const again = await ended(await test.call('POST', `/api/tasks/${failed.id}/retry`, {}))
    expect([again.state, idOf(again)]).toEqual(['succeeded', made])
    const rows = await call<{ Id: string; Names: string[]; State: string }[]>(
      'GET',
      'containers/json?all=true',
    )
    const ours = rows.filter(({ Names }) => Names.includes(`/${name}`))
    expect(ours.map((row) => [row.Id, row.State])).toEqual([[made, 'running']])
  },
)
