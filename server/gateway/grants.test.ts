import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { NewGrant } from '#lib/contracts/access.ts'
import type { MadeToken, Session } from '#lib/contracts/account.ts'
import type { Container } from '#lib/contracts/containers.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import { type AppUnderTest, startApp } from '../testing/app-under-test.ts'
import { join } from '../testing/people.ts'
import { startRecordingEngine } from '../testing/recording-engine.ts'
import { hidden, shop, twoContainers } from '../testing/two-containers.ts'
import { dockerEndpoints } from './table-docker.ts'

let test: AppUnderTest
let engine: Awaited<ReturnType<typeof startRecordingEngine>>
let hostId: string
let otherId: string
let token: string
let userId: string
let cookie: string

beforeAll(async () => {
  engine = await startRecordingEngine()
  Object.assign(engine.answers, twoContainers)
  engine.missing.add('/containers/absent/json')
  test = await startApp()
  await test.setUp()
  const transport = { kind: 'tcp', host: '127.0.0.1', port: engine.port }
  const add = async (name: string) =>
    ((await test.call('POST', '/api/hosts', { name, transport })).json as Host).id
  hostId = await add('one')
  otherId = await add('two')
  await vi.waitFor(
    () => expect(test.app.live.fleet.get('containers', hostId, hidden)).toMatchObject({ name: 'hidden' }),
    { timeout: 30_000 },
  )
  const vera = await join(test, 'vera', null)
  userId = vera.id
  cookie = vera.cookie
  await give({
    effect: 'allow',
    role: 'operator',
    hosts: { kind: 'host', hostId },
    containers: { kind: 'label', key: 'team', value: 'shop' },
  })
  token = await makeToken()
})
afterAll(async () => {
  await test?.close()
  engine?.close()
})
beforeEach(() => {
  engine.recorded.length = 0
})

const give = async (grant: NewGrant) =>
  (await test.call('POST', `/api/users/${userId}/grants`, grant)).json as { id: string }
/** For all that its owner has somewhere now. */
async function makeToken(): Promise<string> {
  const session = await test.call('GET', '/api/session', undefined, { cookie })
  const { permissions } = session.json as Session
  const input = { name: 'cli', hours: 1, permissions }
  return ((await test.call('POST', '/api/account/tokens', input, { cookie })).json as MadeToken).token
}
const ask = async (method: string, path: string, host = hostId) => {
  const answer = await fetch(`${test.origin}/h/${host}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
  })
  return { status: answer.status, text: await answer.text() }
}
/** But for the question which container is meant, and the dashboard's own. */
const reached = () => engine.recorded.map(({ line }) => line).filter((line) => / \/v1\.30\//.test(line))

describe('who has a part of a host’s containers', () => {
  it.each(['shop', 'aaaaaaaaaaaa', shop])(
    'acts on one of them as %s, and the engine hears its id',
    async (name) => {
      expect((await ask('POST', `/v1.30/containers/${name}/restart?t=1`)).status).toBe(200)
      expect(reached()).toEqual([`POST /v1.30/containers/${shop}/restart?t=1`])
    },
  )

  it.each([
    ['POST', 'kill', `Cannot kill container: ${shop}: Container ${shop} is not running`],
    ['POST', 'restart?t=1', `Cannot restart container ${shop}: no such file`],
  ])('is told by the name that they used what the engine refuses, as by %s %s', async (method, act, said) => {
    const [path = ''] = act.split('?')
    engine.scripts[`/containers/${shop}/${path}`] = ({ socket }) => {
      const body = JSON.stringify({ message: said })
      socket.end(
        `HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      )
    }
    const told = async (name: string) =>
      (JSON.parse((await ask(method, `/v1.30/containers/${name}/${act}`)).text) as { message: string })
        .message
    expect(await told('shop')).toBe(said.replace(shop, 'shop'))
    expect(await told(shop)).toBe(said)
    delete engine.scripts[`/containers/${shop}/${path}`]
  })

  const ofContainers = dockerEndpoints.filter(({ path }) => path.startsWith('/containers/{id}'))
  it.each(ofContainers.map(({ method, path }) => `${method} ${path}`))(
    'is told the same by %s of another one and of none',
    async (line) => {
      const [method = '', path = ''] = line.split(' ')
      const of = async (name: string) => {
        const { status, text } = await ask(method, `/v1.30${path.replace('{id}', name)}`)
        return { status, text: text.replaceAll(name, 'NAME') }
      }
      const none = await of('absent')
      expect(none.status).toBeOneOf([403, 404])
      // The time that an answer takes would tell.
      const questions = (name: string) =>
        // But for the dashboard's own figures.
        engine.recorded
          .map(({ line }) => line.replace(name, 'NAME'))
          .filter((line) => line.includes('NAME') && !line.endsWith('/stats?stream=false&one-shot=true'))
      const asked = questions('absent')
      for (const name of ['hidden', 'bbbbbbbbbbbb', hidden]) {
        engine.recorded.length = 0
        expect(await of(name)).toEqual(none)
        expect(questions(name)).toEqual(asked)
      }
      expect(reached()).toEqual([])
    },
  )

  it('has no engine asked by the dashboard of another one than of none', async () => {
    const routes = test.app.routes.filter(({ path }) => path.includes(':containerId'))
    expect(routes.length).toBeGreaterThan(15)
    const none = 'f'.repeat(64)
    for (const { method, path } of routes)
      for (const id of [hidden, none]) {
        const filled = path.replace(':hostId', hostId).replace(':containerId', id)
        const body = ['POST', 'PUT', 'PATCH'].includes(method) ? {} : undefined
        expect((await test.call(method, filled, body, { cookie })).status, filled).toBeOneOf([400, 403, 404])
      }
    const named = engine.recorded.filter(
      ({ line }) => (line.includes(none) || line.includes(hidden)) && !line.includes('/stats?'),
    )
    expect(named.map(({ line }) => line)).toEqual([])
  })

  it('is told of no other one by their own container’s document, whichever door it comes by', async () => {
    const before = engine.answers[`/containers/${shop}/json`]
    engine.answers[`/containers/${shop}/json`] = {
      ...(before as object),
      HostsPath: `/containers/${hidden}/hosts`,
      HostConfig: {
        NetworkMode: `container:${hidden}`,
        IpcMode: 'container:hidden',
        PidMode: `container:${shop}`,
        Links: ['/hidden:/shop/db', '/shop:/shop/me'],
        VolumesFrom: ['hidden:ro', 'shop'],
      },
    }
    const byGateway = JSON.parse((await ask('GET', `/v1.30/containers/${shop}/json`)).text)
    const path = `/api/hosts/${hostId}/containers/${shop}`
    const { inspect } = (await test.call('GET', path, undefined, { cookie })).json as { inspect: object }
    expect(inspect).toEqual(byGateway)
    expect(JSON.stringify(inspect)).not.toMatch(/hidden|b{12}/)
    expect(inspect).toMatchObject({
      HostsPath: '/containers/?/hosts',
      HostConfig: {
        NetworkMode: 'container:?',
        IpcMode: 'container:?',
        PidMode: `container:${shop}`,
        Links: ['/shop:/shop/me'],
        VolumesFrom: ['shop'],
      },
    })
    const whole = (await test.call('GET', path)).json as { inspect: object }
    expect(JSON.stringify(whole)).toContain('hidden')
    engine.answers[`/containers/${shop}/json`] = before
  })

  it('sees no others in lists, networks and disk usage', async () => {
    for (const path of ['/containers/json?all=1', '/system/df']) {
      const { status, text } = await ask('GET', `/v1.30${path}`)
      expect([status, text.includes(shop), text.includes(hidden)]).toEqual([200, true, false])
    }
    const usage = JSON.parse((await ask('GET', '/v1.30/system/df')).text)
    expect(usage).toMatchObject({ Images: [], Volumes: [], BuildCache: [] })
    expect((await ask('GET', '/v1.30/networks')).status).toBe(403)
  })

  it('hears no events of others', async () => {
    const event = (ID: string) => ({ Type: 'container', Action: 'start', Actor: { ID, Attributes: {} } })
    const stream = [
      event(hidden),
      event(shop),
      { Type: 'image', Action: 'pull', Actor: { ID: 'i' } },
      { Type: 'network', Action: 'connect', Actor: { ID: 'n', Attributes: { container: shop } } },
    ]
    engine.streams['/events'] = stream.map((line) => `${JSON.stringify(line)}\n`).join('')
    const { text } = await ask('GET', '/v1.30/events?until=1')
    expect(text).toBe(`${JSON.stringify(event(shop))}\n`)
  })

  it.each([
    'POST /containers/create',
    'GET /images/json',
    'POST /commit',
    'GET /containers/json?before=hidden',
    'GET /containers/json?since=hidden',
    'GET /containers/json?limit=x',
    'GET /containers/json?filters=[1]',
    'GET /containers/json?filters={"since":1}',
    'GET /containers/json?filters={',
  ])('may not %s', async (line) => {
    const [method = '', path = ''] = line.split(' ')
    const { status } = await ask(method, `/v1.30${encodeURI(path).replaceAll('%25', '%')}`)
    expect(status).toBeOneOf([400, 403])
    expect(reached()).toEqual([])
  })

  it('has lists counted after the cut, and cut where one of theirs stands', async () => {
    const list = async (query: string) => (await ask('GET', `/v1.30/containers/json?${query}`)).status
    const filters = (value: object) => `filters=${encodeURIComponent(JSON.stringify(value))}`
    expect(await list('limit=1&size=1')).toBe(200)
    expect(await list('limit=0&all=0')).toBe(200)
    expect(await list(filters({ since: ['shop'], name: ['a'] }))).toBe(200)
    expect(await list(filters({ before: { aaaaaaaaaaaa: true } }))).toBe(200)
    expect(reached().map(decodeURIComponent)).toEqual([
      'GET /v1.30/containers/json?size=1&all=true',
      'GET /v1.30/containers/json?all=0',
      `GET /v1.30/containers/json?filters={"since":["${shop}"],"name":["a"]}`,
      `GET /v1.30/containers/json?filters={"before":{"${shop}":true}}`,
    ])
    const { text } = await ask('GET', '/v1.30/containers/json?limit=1')
    expect((JSON.parse(text) as { Id: string }[]).map(({ Id }) => Id)).toEqual([shop])
    const of = async (name: string) => {
      const answer = await ask('GET', `/v1.30/containers/json?${filters({ since: [name] })}`)
      return { ...answer, text: answer.text.replaceAll(name, 'NAME') }
    }
    const none = await of('absent')
    expect(none.status).toBe(404)
    for (const name of ['hidden', hidden, '../hidden']) expect(await of(name)).toEqual(none)
  })

  it.each(['POST /containers/prune', 'POST /build?t=a', 'GET /volumes'])(
    'is told that %s is about the whole host',
    async (line) => {
      const [method = '', path = ''] = line.split(' ')
      const { status, text } = await ask(method, `/v1.30${path}`)
      expect(status).toBe(403)
      expect(JSON.parse(text).message).toContain('about the host as a whole')
      expect(reached()).toEqual([])
    },
  )

  it('is not told whether there is another host', async () => {
    const none = await ask('GET', '/_ping', 'hzzzzzzzzzzzz')
    const other = await ask('GET', '/_ping', otherId)
    expect(none.status).toBe(404)
    expect(other).toEqual({ status: 404, text: none.text.replace('hzzzzzzzzzzzz', otherId) })
  })
})

describe('an exec, of which a request says the id alone', () => {
  const ours = '1'.repeat(64)
  const theirs = '2'.repeat(64)
  const none = '3'.repeat(64)
  const ofExecs = dockerEndpoints.filter(({ path }) => path.startsWith('/exec/{id}'))
  const lines = ofExecs.map(({ method, path }) => `${method} ${path}`)
  const askExec = async (line: string, id: string, prefix = '/v1.30') => {
    const [method = '', path = ''] = line.split(' ')
    const body = method === 'POST' ? { body: '{"Detach":true}' } : {}
    const answer = await fetch(`${test.origin}/h/${hostId}${prefix}${path.replace('{id}', id)}`, {
      method,
      ...body,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    })
    return { status: answer.status, text: (await answer.text()).replaceAll(id, 'ID') }
  }
  const before = { token: '' }
  let grant: { id: string }
  beforeAll(async () => {
    for (const [id, ContainerID] of [
      [ours, shop],
      [theirs, hidden],
    ])
      engine.answers[`/exec/${id}/json`] = { ID: id, ContainerID, ProcessConfig: { privileged: false } }
    engine.missing.add(`/exec/${none}/json`)
    before.token = token
    const typist = { name: 'Typist', permissions: ['containers.exec', 'gateway.use'] }
    const { id: role } = (await test.call('POST', '/api/roles', typist)).json as { id: string }
    const containers = { kind: 'label', key: 'team', value: 'shop' } as const
    grant = await give({ effect: 'allow', role, hosts: { kind: 'host', hostId }, containers })
    token = await makeToken()
  })
  afterAll(async () => {
    token = before.token
    await test.call('DELETE', `/api/users/${userId}/grants/${grant.id}`)
  })

  it.each(lines)('reaches the engine by %s where it is of a container that one may type in', async (line) => {
    const { status, text } = await askExec(line, ours)
    expect([status, text]).toEqual([200, expect.any(String)])
    expect(reached()).toHaveLength(1)
  })

  it.each(lines)('is answered by %s as one that is not there where it is of another one', async (line) => {
    const absent = await askExec(line, none)
    expect(absent).toEqual({ status: 404, text: expect.stringContaining('No such exec instance: ID') })
    const questions = () =>
      engine.recorded.filter(({ line }) => /\/(?:exec|containers)\/\w+\/json$/.test(line)).length
    const asked = questions()
    engine.recorded.length = 0
    expect(await askExec(line, theirs)).toEqual(absent)
    expect(reached()).toEqual([])
    expect(questions()).toBe(asked)
  })

  it('is not for who sees the container and may not type in it', async () => {
    const containers = { kind: 'name', pattern: 'hidden' } as const
    const sees = await give({ effect: 'allow', role: 'viewer', hosts: { kind: 'host', hostId }, containers })
    for (const line of lines) expect((await askExec(line, theirs)).status, line).toBe(403)
    expect(reached()).toEqual([])
    await test.call('DELETE', `/api/users/${userId}/grants/${sees.id}`)
  })
})

it('ends a stream when its host loses the tag that a grant is for', async () => {
  const tag = async (tags: string[]) => {
    const { status } = await test.call('PATCH', `/api/hosts/${otherId}`, { tags })
    expect(status).toBe(200)
  }
  await tag(['shop'])
  const hosts = { kind: 'tag', tag: 'shop' } as const
  await give({ effect: 'allow', role: 'operator', hosts, containers: { kind: 'all' } })
  const headers = { authorization: `Bearer ${token}` }
  const answer = await fetch(`${test.origin}/h/${otherId}/v1.30/containers/shop/logs?follow=1`, { headers })
  expect(answer.status).toBe(200)
  const ended = answer.text().catch(() => 'cut')
  await tag([])
  expect(await ended).toBe('cut')
  await expect.poll(() => engine.open.has('/containers/shop/logs')).toBe(false)
})

it('ends a stream when its container takes a name that a grant does not fit', async () => {
  const hosts = { kind: 'host', hostId: otherId } as const
  const containers = { kind: 'name', pattern: 'shop' } as const
  const grant = await give({ effect: 'allow', role: 'operator', hosts, containers })
  token = await makeToken()
  const { fleet } = test.app.live
  await expect.poll(() => fleet.get('containers', otherId, shop)).toBeDefined()
  const headers = { authorization: `Bearer ${token}` }
  const answer = await fetch(`${test.origin}/h/${otherId}/v1.30/containers/shop/logs?follow=1`, { headers })
  expect(answer.status).toBe(200)
  const ended = answer.text().catch(() => 'cut')
  fleet.put('containers', { ...(fleet.get('containers', otherId, shop) as Container), name: 'sold' })
  expect(await ended).toBe('cut')
  await test.call('DELETE', `/api/users/${userId}/grants/${grant.id}`)
})

it('cuts what tells of a container that is denied, for who has all others', async () => {
  const all = { kind: 'all' } as const
  const allow = await give({ effect: 'allow', role: 'viewer', hosts: all, containers: all })
  const name = { kind: 'name', pattern: 'hid*' } as const
  const deny = await give({ effect: 'deny', role: 'viewer', hosts: all, containers: name })
  token = await makeToken()
  const { status, text } = await ask('GET', '/v1.30/networks')
  expect([status, text.includes(shop), text.includes(hidden)]).toEqual([200, true, false])
  expect((await ask('GET', '/v1.30/containers/hidden/json')).status).toBe(404)
  // What an engine filters by the containers that use a thing.
  const filtered = async (path: string, filters: object) => {
    engine.recorded.length = 0
    const asked = await ask('GET', `/v1.30${path}?filters=${encodeURIComponent(JSON.stringify(filters))}`)
    return [asked.status, reached().length, /goes by all containers/.test(asked.text)]
  }
  const telling = [
    ['/volumes', { dangling: ['true'] }],
    ['/volumes', { dangling: { false: true }, name: ['nas'] }],
    ['/networks', { dangling: ['1'] }],
    ['/networks', { 'dangling!': ['1'] }],
    ['/images/json', { containers: ['true'] }],
    ['/containers/json', { whatever: ['x'] }],
  ] as const
  for (const [path, filters] of telling) expect(await filtered(path, filters), path).toEqual([403, 0, true])
  expect(await filtered('/images/json', { dangling: ['true'] })).toEqual([200, 1, false])
  expect(await filtered('/volumes', { name: ['nas'], label: { a: true } })).toEqual([200, 1, false])
  const cleaner = { name: 'Cleaner', permissions: ['containers.view', 'containers.prune', 'gateway.use'] }
  const { id: role } = (await test.call('POST', '/api/roles', cleaner)).json as { id: string }
  const cleans = await give({ effect: 'allow', role, hosts: all, containers: all })
  token = await makeToken()
  const prune = async () => (await ask('POST', '/v1.30/containers/prune')).status
  expect(await prune()).toBe(403)
  await test.call('DELETE', `/api/users/${userId}/grants/${deny.id}`)
  expect(await prune()).toBe(200)
  for (const [path, filters] of telling) expect(await filtered(path, filters), path).toEqual([200, 1, false])
  for (const { id } of [allow, cleans]) await test.call('DELETE', `/api/users/${userId}/grants/${id}`)
})
