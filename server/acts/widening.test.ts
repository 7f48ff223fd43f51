import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import type { ContainerSelector, HostSelector } from '#lib/contracts/access.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import type { Permission } from '#lib/permissions.ts'
import { type AppUnderTest, startApp } from '../testing/app-under-test.ts'
import { give, join, makeRole, type Somebody } from '../testing/people.ts'
import { startRecordingEngine } from '../testing/recording-engine.ts'
import { byDashboard, byGateway, type Visitor, visitor } from '../testing/two-doors.ts'

const id = 'd'.repeat(64)
const image = `sha256:${'e'.repeat(64)}`
const all = { kind: 'all' } as const
let test: AppUnderTest
type Recording = Awaited<ReturnType<typeof startRecordingEngine>>
let engine: Recording
/** A Podman beside it, with the same containers and images. */
let podman: Recording
let hostId: string
let podmanId: string
let counter = 0
/** `web`, and a container that was put aside when it was made anew. */
const [aside, labelled] = ['c'.repeat(64), `sha256:${'f'.repeat(64)}`]

beforeAll(async () => {
  const [first, second] = [await startRecordingEngine(), await startRecordingEngine('podman')]
  engine = first
  podman = second
  for (const { answers, missing } of [engine, podman]) {
    const listed = { Labels: {}, Image: 'a', ImageID: image, Ports: [] }
    const images = [
      { Id: image, RepoTags: ['taken:1'], Labels: {}, Size: 1, Created: 1 },
      { Id: labelled, RepoTags: ['labelled:1'], Labels: { team: 'db' }, Size: 1, Created: 1 },
    ]
    const document = (Id: string, Name: string) => ({
      Id,
      Name,
      Config: { Labels: {} },
      HostConfig: {},
      Mounts: [],
      State: { Running: true },
    })
    const asideName = `web-old-${aside.slice(0, 6)}`
    const rows = [
      { ...listed, Id: id, Names: ['/web'], State: 'running' },
      { ...listed, Id: aside, Names: [`/${asideName}`], State: 'running' },
    ]
    Object.assign(answers, {
      '/containers/json': rows,
      '/images/json': images,
      '/libpod/images/json': images,
      '/libpod/containers/json': rows.map((row) => ({
        ...row,
        Names: row.Names.map((name) => name.slice(1)),
      })),
      '/libpod/networks/json': [],
      '/libpod/pods/json': [],
      '/images/taken:1/json': { Id: image, Config: {} },
      '/images/labelled:1/json': { Id: labelled, Config: { Labels: { team: 'db' } } },
    })
    for (const name of ['web', id]) answers[`/containers/${name}/json`] = document(id, '/web')
    for (const name of [asideName, aside])
      answers[`/containers/${name}/json`] = document(aside, `/${asideName}`)
    missing.add('/images/free:1/json')
  }
  test = await startApp()
  await test.setUp()
  hostId = (await register('one', ['prod'])).id
  podmanId = (await register('two', ['prod'], podman)).id
  const { fleet } = test.app.live
  for (const host of [hostId, podmanId])
    await vi.waitFor(
      () => {
        expect(fleet.get('containers', host, aside)).toBeDefined()
        expect(fleet.get('images', host, labelled)).toBeDefined()
      },
      { timeout: 30_000 },
    )
})
afterAll(async () => {
  await test?.close()
  engine?.close()
  podman?.close()
})
beforeEach(() => {
  for (const { recorded } of [engine, podman]) recorded.length = 0
})

const transport = ({ port } = engine) => ({ kind: 'tcp', host: '127.0.0.1', port })
const register = async (name: string, tags: string[], at = engine) =>
  (await test.call('POST', '/api/hosts', { name, tags, transport: transport(at) })).json as Host
const changes = () =>
  [engine, podman]
    .flatMap(({ recorded }) => recorded.map(({ line }) => line))
    .filter((line) => !/^(GET|HEAD) /.test(line))

interface Given {
  effect?: 'allow' | 'deny'
  of: Permission[]
  hosts?: HostSelector
  containers?: ContainerSelector
}
async function somebody(grants: Given[]): Promise<Somebody & { visitor: Visitor }> {
  const name = `person-${++counter}`
  const person = await join(test, name, null)
  for (const [index, { effect = 'allow', of, hosts = all, containers = all }] of grants.entries())
    await give(test, person, {
      effect,
      role: await makeRole(test, `${name} ${index}`, of),
      hosts,
      containers,
    })
  return { ...person, visitor: await visitor(test, person) }
}

/** Every way to a name or a label, by each door that has it: a rename, a new container, one made anew. */
const given = (host: string, name: string, labels: Record<string, string> = {}, of = 'taken:1') => {
  const container = `/api/hosts/${host}/containers/${id}`
  const pairs = Object.entries(labels).map(([key, value]) => ({ name: key, value }))
  const spec = { image: of, name, labels: pairs }
  const named = `name=${encodeURIComponent(name)}`
  const isPlain = pairs.length === 0 && of === 'taken:1'
  return [
    ...(isPlain
      ? ([
          ['dashboard', 'POST', `${container}/rename`, { name }],
          ['gateway', 'POST', `/containers/web/rename?${named}`],
          ...(host === podmanId ? [['gateway', 'POST', `/libpod/containers/web/rename?${named}`]] : []),
        ] as const)
      : []),
    ['dashboard', 'POST', '/api/containers', { spec, hostIds: [host], pull: 'never' }],
    ['dashboard', 'POST', `${container}/recreate`, { spec, pull: 'never', keepOld: true }],
    ['gateway', 'POST', `/containers/create?${named}`, { Image: of, Labels: labels }],
    ...(host === podmanId
      ? ([['gateway', 'POST', '/libpod/containers/create', { image: of, name, labels }]] as const)
      : []),
  ] as [door: string, method: string, path: string, body?: unknown][]
}

it('a name or label by which somebody has more, or is denied less, is not theirs to give, whatever gives it', async () => {
  const makes: Permission[] = [
    ...(['hosts.view', 'containers.view', 'containers.create', 'containers.rename'] as const),
    ...(['containers.stop', 'containers.remove', 'images.view', 'gateway.use'] as const),
  ]
  const gaining = await somebody([
    { of: makes },
    { of: ['containers.exec'], containers: { kind: 'name', pattern: 'db-*' } },
    { of: ['containers.exec'], containers: { kind: 'label', key: 'team', value: 'db' } },
  ])
  const lifting = await somebody([
    { of: [...makes, 'containers.exec'] },
    { effect: 'deny', of: ['containers.exec'], containers: { kind: 'name', pattern: 'web' } },
  ])
  const gateway = (who: Visitor, host: string, path: string, body: unknown) =>
    fetch(`${test.origin}/h/${host}/v1.41${path}`, {
      method: 'POST',
      body: JSON.stringify(body ?? {}),
      headers: { authorization: `Bearer ${who.token}`, 'content-type': 'application/json' },
    })
  const refusals = async (
    who: Somebody & { visitor: Visitor },
    host: string,
    ways: ReturnType<typeof given>,
  ) => {
    expect(ways.length).toBeGreaterThan(2)
    for (const [door, method, path, body] of ways) {
      const { status, json } =
        door === 'dashboard'
          ? await who.call(method, path, body)
          : await gateway(who.visitor, host, path, body).then(async (answer) => ({
              status: answer.status,
              json: await answer.text(),
            }))
      expect([path, status, JSON.stringify(json)]).toEqual([
        path,
        expect.toBeOneOf([400, 403]),
        expect.stringMatching(/decide|would change|name|label/i),
      ])
    }
    expect(changes()).toEqual([])
  }
  for (const host of [hostId, podmanId]) {
    await refusals(gaining, host, given(host, 'db-1'))
    await refusals(gaining, host, given(host, 'fresh', { team: 'db' }))
    // Its image has the label.
    await refusals(gaining, host, given(host, 'fresh', {}, 'labelled:1'))
    // Engines drop the slash, and other letters are none that a name has.
    for (const name of ['/db-1', ' db-1', 'db-1/', '\u212a']) await refusals(gaining, host, given(host, name))
    await refusals(
      ...([
        lifting,
        host,
        given(host, 'other').filter(([, , path]) => /rename|recreate/.test(path)),
      ] as const),
    )
    // Put aside by what makes it anew, it is denied as before.
    for (const name of ['web', aside, `web-old-${aside.slice(0, 6)}`]) {
      expect((await gateway(lifting.visitor, host, `/containers/${name}/exec`, { Cmd: ['id'] })).status).toBe(
        403,
      )
    }
    const query = new URLSearchParams({ hostId: host, containerId: aside })
    const hello = { type: 'start', mode: 'exec', columns: 80, rows: 24 }
    expect(await byDashboard(test, lifting.visitor, ['SOCKET', `/api/terminal?${query}`, hello])).toBe(
      'denied',
    )
    expect(changes()).toEqual([])
    // What changes nothing for them is theirs to do.
    expect(await byGateway(test, gaining.visitor, host, ['POST', '/containers/web/rename?name=other'])).toBe(
      'allowed',
    )
    expect(changes()).toEqual([`POST /v1.41/containers/${id}/rename?name=other`])
    for (const { recorded } of [engine, podman]) recorded.length = 0
  }
})

it('a name that an image has is taken from it only with the right to that, by a commit', async () => {
  const label: Given = { of: ['containers.commit'], containers: { kind: 'name', pattern: 'web' } }
  const without = await somebody([label])
  const commit = async ({ call }: Somebody, reference: string) =>
    (await call('POST', `/api/hosts/${hostId}/containers/${id}/commit`, { reference, pause: true })).status
  expect(await commit(without, 'taken:1')).toBe(403)
  expect(changes()).toEqual([])
  expect(await commit(without, 'free:1')).not.toBe(403)
  const having = await somebody([label, { of: ['images.tag'] }])
  expect(await commit(having, 'taken:1')).not.toBe(403)
})

it('a name that an image has is taken from it only with the right to that, by archives at the gateway', async () => {
  const { visitor: without } = await somebody([{ of: ['images.load', 'images.view', 'gateway.use'] }])
  const tar = Buffer.alloc(1024)
  const load = (who: Visitor, host: string, path: string) => byGateway(test, who, host, ['POST', path, tar])
  // Which names are in it is not known before it is loaded.
  expect(await load(without, hostId, '/images/load')).toBe('denied')
  expect(await load(without, podmanId, '/images/load')).toBe('denied')
  expect(await load(without, podmanId, '/libpod/images/load')).toBe('denied')
  expect(await load(without, podmanId, '/libpod/images/import?reference=taken:1')).toBe('denied')
  // Of any address, or from the body, by Docker's import: for who has gateway.raw.
  expect(await load(without, hostId, '/images/create?fromSrc=-&repo=taken&tag=1')).toBe('denied')
  expect(changes()).toEqual([])
  expect(await load(without, podmanId, '/libpod/images/import?reference=free:1')).toBe('allowed')
  const { visitor: having } = await somebody([{ of: ['images.load', 'images.tag', 'gateway.use'] }])
  expect(await load(having, podmanId, '/libpod/images/import?reference=taken:1')).toBe('allowed')
  expect(await load(having, hostId, '/images/load')).toBe('allowed')
  // A commit of a client's own, too.
  const { visitor: raw } = await somebody([{ of: ['containers.commit', 'gateway.use', 'gateway.raw'] }])
  const commit = (name: string) =>
    byGateway(test, raw, podmanId, ['POST', `/libpod/commit?container=${id}&repo=${name}&tag=1`])
  expect([await commit('taken'), await commit('free')]).toEqual(['denied', 'allowed'])
})

it('who may commit one container may at the gateway, too, that one alone and under a free name', async () => {
  const committing = async (pattern: string) =>
    (
      await somebody([
        {
          of: ['containers.view', 'containers.commit', 'gateway.use'],
          containers: { kind: 'name', pattern },
        },
      ])
    ).visitor
  const [who, stranger] = [await committing('web'), await committing('db')]
  const commit = (by: Visitor, host: string, name: string) => {
    const path = host === podmanId ? '/libpod/commit' : '/commit'
    return byGateway(test, by, host, ['POST', `${path}?container=web&repo=${name}&tag=1`])
  }
  for (const host of [hostId, podmanId])
    expect([await commit(stranger, host, 'free'), await commit(who, host, 'taken')]).toEqual([
      'denied',
      'denied',
    ])
  expect(changes()).toEqual([])
  expect(await commit(who, hostId, 'free')).toBe('allowed')
  expect(changes()).toEqual([`POST /v1.41/commit?container=${id}&repo=free&tag=1`])
})

it('who edits hosts gains nothing by their tags and addresses, and lifts no denial', async () => {
  const edits: Given = { of: ['hosts.edit', 'hosts.view'] }
  const gaining = await somebody([edits, { of: ['containers.exec'], hosts: { kind: 'tag', tag: 'dev' } }])
  const lifting = await somebody([
    { of: ['hosts.edit', 'hosts.view', 'containers.exec'] },
    { effect: 'deny', of: ['containers.exec'], hosts: { kind: 'tag', tag: 'prod' } },
  ])
  const patch = async ({ call }: Somebody, host: string, body: unknown) =>
    (await call('PATCH', `/api/hosts/${host}`, body)).status
  const add = async ({ call }: Somebody, tags: string[]) =>
    (await call('POST', '/api/hosts', { name: `n${++counter}`, tags, transport: transport() })).status
  const dev = await register('dev', ['dev'])
  const elsewhere = { transport: { kind: 'tcp', host: '127.0.0.1', port: 1 } }
  expect(await patch(gaining, hostId, { tags: ['prod', 'dev'] })).toBe(403)
  expect(await patch(gaining, dev.id, elsewhere)).toBe(403)
  expect(await add(gaining, ['dev'])).toBe(403)
  expect(await patch(lifting, hostId, { tags: [] })).toBe(403)
  expect(await add(lifting, [])).toBe(403)
  expect(await patch(lifting, hostId, elsewhere)).toBe(403)
  // What changes nothing for them is theirs to do.
  expect(await patch(gaining, hostId, { tags: ['prod', 'blue'] })).toBe(200)
  expect(await patch(gaining, dev.id, { name: 'dev 2', transport: transport() })).toBe(200)
  expect(await patch(lifting, hostId, { tags: ['prod'] })).toBe(200)
  expect(await add(gaining, ['blue'])).toBe(200)
  const plain = await somebody([edits])
  expect(await patch(plain, dev.id, { tags: ['anything'] })).toBe(200)
  expect(await add(plain, ['prod'])).toBe(200)
})
