import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { MadeToken } from '#lib/contracts/account.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import { rolePermissions } from '#lib/permissions.ts'
import { type AppUnderTest, startApp } from '../testing/app-under-test.ts'
import { evilBodies } from '../testing/evil-bodies.ts'
import { startRecordingEngine } from '../testing/recording-engine.ts'

let test: AppUnderTest
let engine: Awaited<ReturnType<typeof startRecordingEngine>>
let hostId: string
let token: string

beforeAll(async () => {
  engine = await startRecordingEngine()
  test = await startApp()
  await test.setUp()
  const transport = { kind: 'tcp', host: '127.0.0.1', port: engine.port }
  hostId = ((await test.call('POST', '/api/hosts', { name: 'one', transport })).json as Host).id
  const hosts = async () => (await test.call('GET', '/api/hosts')).json as Host[]
  await vi.waitFor(async () => expect((await hosts())[0]?.state).toBe('online'), { timeout: 30_000 })
  const permissions = [
    ...rolePermissions.operator,
    ...(['containers.exec', 'containers.attach', 'containers.files.write', 'containers.commit'] as const),
  ]
  const made = await test.call('POST', '/api/account/tokens', { name: 'operator', permissions, hours: 1 })
  token = (made.json as MadeToken).token
})
afterAll(async () => {
  await test?.close()
  engine?.close()
})
beforeEach(() => {
  engine.recorded.length = 0
})

/** What changed something at the engine through the gateway. */
const reached = () => engine.recorded.filter(({ line }) => /^(POST|PUT|DELETE) \/v1\.30\//.test(line))

async function send(path: string, body?: string, method = 'POST'): Promise<[number, string]> {
  const answer = await fetch(`${test.origin}/h/${hostId}/v1.30${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body }),
  })
  return [answer.status, await answer.text()]
}
const create = (body: string) => send('/containers/create', body)

describe('a container made by who is no administrator', () => {
  it('is what was read of the body, and nothing else of it', async () => {
    const hostConfig = { Privileged: false, CapAdd: null, Binds: ['data:/d'], NetworkMode: 'backend' }
    const body = { Image: 'a', Cmd: 'sh', OnBuild: null, HostConfig: hostConfig }
    expect(await send('/containers/create?name=zz&Image=a&Cmd=x', JSON.stringify(body))).toEqual([200, '{}'])
    expect(reached()).toMatchObject([
      {
        line: 'POST /v1.30/containers/create?name=zz',
        body: '{"Image":"a","Cmd":["sh"],"HostConfig":{"Binds":["data:/d"],"NetworkMode":"backend"}}',
      },
    ])
  })

  it('is none of an image whose processes begin in a descriptor', async () => {
    engine.answers['/images/fd/json'] = { Config: { WorkingDir: '/proc/self/fd/8' } }
    engine.missing.add('/images/absent/json')
    expect(await create('{"Image":"fd"}')).toEqual([400, expect.stringContaining('/proc/self/fd/8')])
    expect(reached()).toEqual([])
    expect((await create('{"Image":"fd","WorkingDir":"/srv"}'))[0]).toBe(200)
    // The engine says itself that there is no such image.
    expect((await create('{"Image":"absent"}'))[0]).toBe(200)
  })

  it('is none of the evil ones', async () => {
    // A grant makes `team` a label that decides.
    const invited = { name: 'Bo', email: 'bo@example.com', role: 'viewer' }
    const { url } = (await test.call('POST', '/api/invitations', invited)).json as { url: string }
    const join = { token: url.split('#')[1], password: 'correct horse battery' }
    await test.call('POST', '/api/join', join, { cookie: '' })
    const people = (await test.call('GET', '/api/users')).json as { users: { id: string; name: string }[] }
    const path = `/api/users/${people.users.find(({ name }) => name === 'Bo')?.id}/grants`
    const containers = { kind: 'label', key: 'team', value: 'ops' }
    const grant = { effect: 'allow', role: 'operator', hosts: { kind: 'all' }, containers }
    expect((await test.call('POST', path, grant)).status).toBe(200)
    for (const [field, body] of evilBodies) {
      const [status, text] = await create(body)
      expect([status, body, text]).toEqual([400, body, expect.stringContaining(`${field}`)])
    }
    expect(reached()).toEqual([])
  })

  it.each([
    ['a volume that is a folder of the host', { Binds: ['etc:/x'] }, 'HostConfig.Binds.0'],
    [
      'the same as a mount',
      { Mounts: [{ Type: 'volume', Source: 'etc', Target: '/x' }] },
      'HostConfig.Mounts.0.Source',
    ],
    ['a volume of a privileged container', { Binds: ['used:/x'] }, 'HostConfig.Binds.0'],
    ['a volume that is not there', { Binds: ['other:/x'] }, 'HostConfig.Binds.0'],
    ['the beginning of a name', { Binds: ['dat:/x'] }, 'HostConfig.Binds.0'],
    ['a network that is not there', { NetworkMode: 'other' }, 'HostConfig.NetworkMode'],
    ['the network of the host by its id', { NetworkMode: '2'.repeat(64) }, 'HostConfig.NetworkMode'],
  ])('is none with %s', async (_what, HostConfig, field) => {
    expect(await create(JSON.stringify({ Image: 'a', HostConfig }))).toEqual([
      400,
      expect.stringContaining(field),
    ])
    expect(reached()).toEqual([])
  })

  it('is none behind two megabytes of nothing, and none of a body that is missing', async () => {
    const padding = ' '.repeat(2 * 1024 * 1024)
    expect((await create(`{"Image":"a"${padding},"HostConfig":{"Privileged":true}}`))[0]).toBe(413)
    expect((await create(`{"Image":"a","Env":["A=${padding}"]}`))[0]).toBe(413)
    expect((await send('/containers/create'))[0]).toBe(400)
    expect((await create('null'))[0]).toBe(400)
    const [deep, wide] = ['['.repeat(400_000), Array.from({ length: 90_000 }, (_, at) => `"k${at}":1`)]
    for (const body of [
      deep,
      deep + ']'.repeat(400_000),
      `{${wide.join()}}`,
      `{"Image":${'"'.repeat(400_000)}}`,
    ])
      expect((await create(body))[0]).toBe(400)
    expect(reached()).toEqual([])
  })

  it('is changed in its limits and its restart policy alone', async () => {
    expect((await send('/containers/safe/update', '{"Memory":1048576,"Devices":null}'))[0]).toBe(200)
    expect((await send('/containers/safe/update', '{"Devices":[{"PathOnHost":"/dev/sda"}]}'))[0]).toBe(400)
    expect((await send('/containers/safe/update', '{"memory":1}'))[0]).toBe(400)
    expect(reached().map(({ body }) => body)).toEqual(['{"Memory":1048576}'])
  })
})

describe('work inside of a container', () => {
  const exec = '{"Cmd":["sh"],"Privileged":false}'
  it('goes to the one that was looked at', async () => {
    expect((await send('/containers/safe/exec', exec))[0]).toBe(200)
    expect((await send('/exec/aaaa/start', '{"Detach":true,"hijack":true}'))[0]).toBe(200)
    expect((await send('/containers/safe/archive?path=/', '', 'PUT'))[0]).toBe(200)
    expect(reached().map(({ line, body }) => `${line} ${body}`)).toEqual([
      `POST /v1.30/containers/${'a'.repeat(64)}/exec {"Cmd":["sh"]}`,
      'POST /v1.30/exec/aaaa/start {"Detach":true}',
      `PUT /v1.30/containers/${'a'.repeat(64)}/archive?path=%2F `,
    ])
  })

  it.each([
    ['a privileged one', '/containers/evil/exec', exec, 'HostConfig.Privileged'],
    ['one with a folder of the host as a volume', '/containers/mounted/exec', exec, 'Mounts /x'],
    ['one by an exec that is there', '/exec/eeee/start', '{}', 'HostConfig.Privileged'],
    ['one by an exec with all capabilities', '/exec/ffff/start', '{}', 'exec Privileged'],
    ['one by its first process', '/containers/evil/attach?stream=1', undefined, 'HostConfig.Privileged'],
  ])('is refused in %s', async (_what, path, body, field) => {
    expect(await send(path, body)).toEqual([403, expect.stringContaining(field)])
    expect(reached()).toEqual([])
  })

  it('is refused in files of it, in one of which nothing is known, and with all capabilities', async () => {
    expect((await send('/containers/evil/archive?path=/', 'tar', 'PUT'))[0]).toBe(403)
    expect((await send('/containers/unknown/exec', exec))[0]).toBe(502)
    expect((await send('/containers/safe/exec', '{"Cmd":["sh"],"Privileged":true}'))[0]).toBe(400)
    expect(reached()).toEqual([])
  })
})

describe('a commit by who is no administrator', () => {
  const id = 'a'.repeat(64)
  beforeAll(() => {
    engine.missing.add('/images/free:1/json')
  })

  it.each([
    undefined,
    'null',
    '{}',
    '{"Cmd":null,"Env":[],"Tty":false}',
    '{"container":"safe","repo":"free","tag":"1"}',
  ])('with %s goes through, of the container that was looked at', async (body) => {
    expect((await send('/commit?container=safe&repo=free&tag=1&pause=0', body))[0]).toBe(200)
    expect(reached().map((each) => [each.line, each.body])).toEqual([
      [`POST /v1.30/commit?container=${id}&repo=free&tag=1&pause=0`, 'null'],
    ])
  })

  it.each([
    ['of one that has power over the host', 'container=evil&repo=free&tag=1', 'null', 403],
    ['with a command of its own', 'container=safe&repo=free&tag=1', '{"Cmd":["sh"]}', 400],
    ['with labels of its own', 'container=safe&repo=free&tag=1', '{"labels":{"a":"b"}}', 400],
    ['with instructions', 'container=safe&repo=free&tag=1&changes=USER%20root', 'null', 400],
    ['of two', 'container=safe&container=evil&repo=free&tag=1', 'null', 400],
    ['of two in another spelling', 'container=safe&Container=evil&repo=free&tag=1', 'null', 400],
    ['of none', 'repo=free&tag=1', 'null', 400],
    ['of a path', 'container=..%2Fsafe&repo=free&tag=1', 'null', 400],
  ])('%s is refused', async (_, query, body, status) => {
    expect((await send(`/commit?${query}`, body))[0]).toBe(status)
    expect(reached()).toEqual([])
  })
})
