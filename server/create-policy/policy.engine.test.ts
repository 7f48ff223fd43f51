import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { engineCall } from '#e2e/lab/engine-http.ts'
import { labImages } from '#e2e/lab/images.ts'
import { removeContainer } from '#e2e/lab/remove-container.ts'
import { type EngineName, labEngine } from '#e2e/lab/state.ts'
import type { MadeToken } from '#lib/contracts/account.ts'
import type { Task } from '#lib/contracts/tasks.ts'
import type { People } from '#lib/contracts/users.ts'
import { type AppUnderTest, cookieOf, startApp } from '../testing/app-under-test.ts'
import { evilBodies } from '../testing/evil-bodies.ts'
import { addLabHosts, endedTask } from '../testing/lab-hosts.ts'
import { powerIn } from './power.ts'

const mark = `policy-${randomUUID().slice(0, 8)}`
const engines = ['docker28-tcp', 'podman5-tcp'] as const satisfies readonly EngineName[]
let test: AppUnderTest
let hosts: Map<EngineName, string>
/** Somebody with role operator, who may work inside of containers besides. */
let cookie: string
let token: string

beforeAll(async () => {
  test = await startApp()
  await test.setUp()
  hosts = await addLabHosts(test, engines)
  for (const engine of engines) {
    await at(engine, 'POST', '/volumes/create', { Name: `${mark}-data` })
    const etc = { type: 'none', o: 'bind', device: '/etc' }
    await at(engine, 'POST', '/volumes/create', { Name: `${mark}-etc`, Driver: 'local', DriverOpts: etc })
    await at(engine, 'POST', '/networks/create', { Name: `${mark}-net` })
  }
  const invited = { name: 'Olga', email: 'olga@example.com', role: 'operator' }
  const { url } = (await test.call('POST', '/api/invitations', invited)).json as { url: string }
  const join = { token: new URL(url).hash.slice(1), password: 'a long enough password' }
  cookie = cookieOf((await test.call('POST', '/api/join', join, { cookie: '' })).headers)
  const { users } = (await test.call('GET', '/api/users')).json as People
  const permissions = [
    'containers.exec',
    'containers.attach',
    'containers.commit',
    'containers.files.write',
    'containers.files.read',
    'containers.export',
  ]
  const role = (await test.call('POST', '/api/roles', { name: 'inside', permissions })).json as { id: string }
  const all = { hosts: { kind: 'all' }, containers: { kind: 'all' } }
  await test.call('POST', `/api/users/${users.find(({ name }) => name === 'Olga')?.id}/grants`, {
    effect: 'allow',
    role: role.id,
    ...all,
  })
  const { json } = await as('GET', '/api/session')
  const made = await as('POST', '/api/account/tokens', {
    name: 'cli',
    hours: 1,
    permissions: (json as { permissions: string[] }).permissions,
  })
  token = (made.json as MadeToken).token
})
afterAll(async () => {
  await test?.close()
  for (const engine of engines) {
    for (const { Id } of await ours(engine)) await removeContainer(engine, Id).catch(() => {})
    for (const name of ['data', 'etc', 'shared'])
      await at(engine, 'DELETE', `/volumes/${mark}-${name}`).catch(() => {})
    await at(engine, 'DELETE', `/networks/${mark}-net`).catch(() => {})
  }
})

const at = <T>(engine: EngineName, method: string, path: string, body?: object): Promise<T> =>
  engineCall<T>(labEngine(engine).localSocketPath, method, `/v1.41${path}`, body)
const as = (method: string, path: string, body?: unknown) => test.call(method, path, body, { cookie })
const ours = async (engine: EngineName) =>
  (await at<{ Id: string; Names: string[] }[]>(engine, 'GET', '/containers/json?all=1')).filter(({ Names }) =>
    Names[0]?.startsWith(`/${mark}`),
  )
const inspect = (engine: EngineName, id: string) =>
  at<Record<string, unknown>>(engine, 'GET', `/containers/${id}/json`)

async function through(
  engine: EngineName,
  path: string,
  body: string,
): Promise<{ status: number; text: string }> {
  const answer = await fetch(`${test.origin}/h/${hosts.get(engine)}/v1.41${path}`, {
    method: 'POST',
    body,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
  })
  return { status: answer.status, text: await answer.text() }
}

/** All that an operator may ask for. */
const everything = {
  Image: labImages.busybox,
  Cmd: ['sleep', '300'],
  Env: ['A=b'],
  Labels: { team: 'x' },
  User: '0:0',
  WorkingDir: '/tmp',
  Hostname: 'web',
  Tty: true,
  OpenStdin: true,
  StopSignal: 'SIGTERM',
  StopTimeout: 1,
  Healthcheck: { Test: ['CMD', 'true'], Interval: 30e9 },
  ExposedPorts: { '80/tcp': {} },
  Volumes: { '/anonymous': {} },
  HostConfig: {
    Privileged: false,
    CapAdd: null,
    Devices: [],
    ReadonlyRootfs: true,
    ShmSize: 1_048_576,
    Binds: [`${mark}-data:/data:ro`],
    Tmpfs: { '/run': 'size=1m' },
    NetworkMode: `${mark}-net`,
    Mounts: [{ Type: 'volume', Source: `${mark}-data`, Target: '/again' }],
    PortBindings: { '80/tcp': [{ HostIp: '127.0.0.1', HostPort: '' }] },
    CapDrop: ['NET_RAW'],
    Memory: 64 * 1024 * 1024,
    NanoCpus: 500_000_000,
    PidsLimit: 50,
    Dns: ['1.1.1.1'],
    ExtraHosts: ['a:10.0.0.1'],
    Ulimits: [{ Name: 'nofile', Soft: 100, Hard: 200 }],
    SecurityOpt: ['no-new-privileges'],
    RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 2 },
    LogConfig: { Type: 'json-file', Config: { 'max-size': '1m' } },
  },
}

describe.each(engines)('an operator on %s', (engine) => {
  it('makes through the gateway what is allowed, and nothing that has power over the host', async () => {
    const { status, text } = await through(
      engine,
      `/containers/create?name=${mark}-all`,
      JSON.stringify(everything),
    )
    expect([status, text]).toEqual([201, expect.any(String)])
    const { Id } = JSON.parse(text) as { Id: string }
    await at(engine, 'POST', `/containers/${Id}/start`)
    const { HostConfig, Config } = (await inspect(engine, Id)) as {
      HostConfig: Record<string, unknown>
      Config: Record<string, unknown>
    }
    expect(HostConfig).toMatchObject({ Memory: 67_108_864, PidsLimit: 50, ReadonlyRootfs: true })
    expect(HostConfig.SecurityOpt).toEqual(['no-new-privileges'])
    expect(Config).toMatchObject({ Hostname: 'web', Labels: { team: 'x' } })

    // As bodies for this engine, each of which it would take or refuse by itself.
    for (const [field, body] of evilBodies) {
      if (field === 'Labels.team') continue
      const real = body.replace('"Image":"a"', `"Image":"${labImages.busybox}"`)
      const evil = await through(engine, `/containers/create?name=${mark}-evil`, real)
      expect([evil.status, body]).toEqual([400, body])
    }
    const volume = { Image: labImages.busybox, HostConfig: { Binds: [`${mark}-etc:/x`] } }
    expect(await through(engine, `/containers/create?name=${mark}-evil`, JSON.stringify(volume))).toEqual({
      status: 400,
      text: expect.stringContaining(`${mark}-etc`),
    })
    const made = await ours(engine)
    expect(made.map(({ Names }) => Names[0])).toEqual([`/${mark}-all`])
    for (const container of made)
      expect(
        await powerIn(test.app.hosts.registry.engine(hosts.get(engine) ?? ''), container.Id),
      ).toMatchObject({
        field: null,
      })
    const exec = await through(engine, `/containers/${mark}-all/exec`, '{"Cmd":["true"],"Privileged":false}')
    expect(exec.status).toBe(201)
    const started = await through(engine, `/exec/${JSON.parse(exec.text).Id}/start`, '{"Detach":true}')
    expect([200, 204]).toContain(started.status)
    expect(
      (await through(engine, `/containers/${mark}-all/update`, '{"Memory":134217728,"MemorySwap":268435456}'))
        .status,
    ).toBe(200)
  })

  it('makes in the dashboard what is allowed, and is told which field is not', async () => {
    const spec = { image: labImages.busybox, name: `${mark}-page`, command: ['sleep', '300'] }
    const create = (more: object) =>
      as('POST', '/api/containers', { spec: { ...spec, ...more }, hostIds: [hosts.get(engine)] })
    const mounts = (type: string, source: string) => ({ mounts: [{ type, source, target: '/x' }] })
    for (const [path, more] of [
      ['spec.privileged', { privileged: true }],
      ['spec.mounts.0.source', mounts('bind', '/etc')],
      ['spec.networks.0.name', { networks: [{ name: 'host' }] }],
      ['spec.ports.0.hostPort', { ports: [{ containerPort: 80, hostPort: '80' }] }],
      ['spec.capAdd', { capAdd: ['SYS_ADMIN'] }],
      ['spec.pidMode', { pidMode: 'host' }],
    ] as const) {
      const { status, json } = await create(more)
      expect([status, json]).toMatchObject([400, { error: { code: 'policy_field', fields: [{ path }] } }])
    }
    // A volume that a privileged container has, and would read its scripts from.
    await at(engine, 'POST', '/volumes/create', { Name: `${mark}-shared` })
    await at(engine, 'POST', `/containers/create?name=${mark}-privileged`, {
      Image: labImages.busybox,
      HostConfig: { Privileged: true, Binds: [`${mark}-shared:/s`] },
    })
    const shared = await create(mounts('volume', `${mark}-shared`))
    expect((await endedTask(test, shared.json as Task)).steps[0]?.error?.code).toBe('policy_field')
    const folder = await create(mounts('volume', `${mark}-etc`))
    expect((await endedTask(test, folder.json as Task)).steps[0]?.error?.code).toBe('policy_field')
    const fine = await create({ ...mounts('volume', `${mark}-data`), networks: [{ name: `${mark}-net` }] })
    expect(await endedTask(test, fine.json as Task)).toMatchObject({ state: 'succeeded' })
  })

  it('does not get into a container that has power over the host', async () => {
    const { Id } = await at<{ Id: string }>(engine, 'POST', `/containers/create?name=${mark}-power`, {
      Image: labImages.busybox,
      Cmd: ['sleep', '300'],
      HostConfig: { Binds: [`${mark}-etc:/x`] },
    })
    await at(engine, 'POST', `/containers/${Id}/start`)
    const hostId = hosts.get(engine) ?? ''
    await expect.poll(() => test.app.live.fleet.get('containers', hostId, Id)).toBeDefined()
    const page = `/api/hosts/${hostId}/containers/${Id}`
    const committed = await as('POST', `${page}/commit`, { reference: `${mark}:1`, pause: false })
    expect(committed).toMatchObject({
      status: 403,
      json: { error: { code: 'policy_target', params: { field: 'Mounts /x' } } },
    })
    const uploaded = await fetch(`${test.origin}${page}/files?path=/&name=a`, {
      method: 'PUT',
      body: 'a',
      headers: { cookie, origin: test.origin, 'content-type': 'application/octet-stream' },
    })
    expect([uploaded.status, await uploaded.text()]).toEqual([403, expect.stringContaining('policy_target')])
    expect(await terminal(hostId, Id)).toMatchObject({ type: 'error', error: { code: 'policy_target' } })
    expect((await through(engine, `/containers/${Id}/exec`, '{"Cmd":["sh"]}')).status).toBe(403)
    // Its files are a folder of the host, mounted by a volume: an administrator has put them there to be read.
    expect((await as('GET', `${page}/files/preview?path=/x/hostname`)).status).toBe(200)
    // By an exec that somebody else has made.
    const exec = await at<{ Id: string }>(engine, 'POST', `/containers/${Id}/exec`, { Cmd: ['true'] })
    expect((await through(engine, `/exec/${exec.Id}/start`, '{"Detach":true}')).status).toBe(403)
  })
})

it('nobody reads the host’s own tree by a container, on either door', async () => {
  const engine = 'podman5-tcp'
  const hostId = hosts.get(engine) ?? ''
  const socket = labEngine(engine).localSocketPath
  const { Id } = await engineCall<{ Id: string }>(socket, 'POST', '/v4.0.0/libpod/containers/create', {
    rootfs: '/',
    rootfs_overlay: true,
    name: `${mark}-rootfs`,
    command: ['sleep', '60'],
  })
  await expect.poll(() => test.app.live.fleet.get('containers', hostId, Id)).toBeDefined()
  const refusal = { status: 403, json: { error: { code: 'policy_target', params: { field: 'Rootfs' } } } }
  const page = `/api/hosts/${hostId}/containers/${Id}`
  expect(await as('GET', `${page}/files/preview?path=/etc/passwd`)).toMatchObject(refusal)
  expect(await as('GET', `${page}/files/content?path=/etc/passwd`)).toMatchObject(refusal)
  expect(await as('GET', `${page}/export`)).toMatchObject(refusal)
  const listed = await as('GET', `${page}/files?path=/etc`)
  expect(JSON.stringify(listed)).toContain('policy_target')
  for (const path of ['/archive?path=/etc', '/export']) {
    const url = `${test.origin}/h/${hostId}/v4.0.0/libpod/containers/${Id}${path}`
    const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
    expect([path, answer.status]).toEqual([path, 403])
    await answer.body?.cancel()
  }
})

it('an operator makes by libpod what is allowed', async () => {
  const engine = 'podman5-tcp'
  const libpod = {
    image: labImages.busybox,
    name: `${mark}-libpod`,
    command: ['sleep', '300'],
    env: { A: 'b' },
    privileged: false,
    httpproxy: true,
    pidns: {},
    utsns: {},
    ipcns: {},
    userns: {},
    cgroupns: {},
    netns: { nsmode: 'bridge' },
    Networks: { [`${mark}-net`]: { aliases: ['w'] } },
    volumes: [{ Name: `${mark}-data`, Dest: '/data', Options: ['ro'] }],
    cap_drop: ['NET_RAW'],
    mounts: [{ destination: '/t', type: 'tmpfs', source: 'tmpfs', options: ['size=1m'] }],
    portmappings: [{ container_port: 80, host_port: 0, host_ip: '127.0.0.1', protocol: 'tcp', range: 1 }],
    resource_limits: { memory: { limit: 67_108_864 }, pids: { limit: 50 } },
    no_new_privileges: true,
    r_limits: [{ type: 'RLIMIT_NOFILE', soft: 100, hard: 200 }],
    stop_timeout: 1,
    remove: false,
  }
  const create = (body: object) => through(engine, '/libpod/containers/create', JSON.stringify(body))
  const { status, text } = await create(libpod)
  expect([status, text]).toEqual([201, expect.any(String)])
  const document = await inspect(engine, `${mark}-libpod`)
  expect(document.HostConfig).toMatchObject({ Memory: 67_108_864, PidsLimit: 50, Privileged: false })
  expect(
    await powerIn(test.app.hosts.registry.engine(hosts.get(engine) ?? ''), String(document.Id)),
  ).toMatchObject({ field: null })
  for (const more of [
    { privileged: true },
    { volumes: [{ Name: `${mark}-etc`, Dest: '/x' }] },
    { rootfs: '/' },
  ])
    expect((await create({ ...libpod, name: `${mark}-evil`, ...more })).status).toBe(400)
})

// Podman's library reads and writes files of the host by such names.
it.each([
  'dir:/etc',
  'oci:/etc:x',
  'oci-archive:/etc/x.tar',
  'docker-archive:/etc/x.tar',
  'sif:/etc/x',
  'containers-storage:[overlay@/var/lib/containers/storage]x:1',
  'docker-daemon:x:1',
])('no image comes from or goes to %s', async (reference) => {
  const engine = 'podman5-tcp'
  const hostId = hosts.get(engine) ?? ''
  const given = encodeURIComponent(reference)
  const made = await through(
    ...([engine, '/libpod/containers/create', JSON.stringify({ image: reference })] as const),
  )
  expect(made.status).toBeOneOf([400, 404, 500])
  const pulled = await through(engine, `/libpod/images/pull?reference=${given}`, '')
  expect([pulled.status, pulled.text]).toEqual([400, expect.stringMatching(/transport|reference/)])
  const permissions = ['gateway.use', 'images.push', 'hosts.view']
  const other = await test.call('POST', '/api/account/tokens', { name: 'push', hours: 1, permissions })
  const url = `${test.origin}/h/${hostId}/v4.0.0/libpod/images/${labImages.busybox}/push?destination=${given}`
  const pushed = await fetch(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${(other.json as MadeToken).token}` },
  })
  expect([pushed.status, await pushed.text()]).toEqual([400, expect.stringMatching(/transport|reference/)])
  for (const [path, body] of [
    ['/api/images/pull', { reference, hostIds: [hostId] }],
    ['/api/images/push', { reference, hostId }],
  ] as const) {
    const answer = await test.call('POST', path, body)
    if (answer.status === 400) continue
    expect(await endedTask(test, answer.json as Task)).toMatchObject({ state: 'failed' })
  }
})

/** The first frame that a terminal answers with. */
function terminal(hostId: string, containerId: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const query = new URLSearchParams({ hostId, containerId })
    const socket = new WebSocket(`${test.origin.replace('http', 'ws')}/api/terminal?${query}`, {
      headers: { cookie, origin: test.origin },
    })
    socket.on('error', reject)
    socket.on('open', () =>
      socket.send(JSON.stringify({ type: 'start', mode: 'exec', columns: 80, rows: 24 })),
    )
    socket.on('message', (data) => {
      socket.close()
      resolve(JSON.parse(String(data)))
    })
  })
}
