import { connect } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { MadeToken } from '#lib/contracts/account.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import { type Role, rolePermissions, roles } from '#lib/permissions.ts'
import { type AppUnderTest, startApp } from '../testing/app-under-test.ts'
import { startRecordingEngine } from '../testing/recording-engine.ts'

let test: AppUnderTest
const flavours = ['docker', 'podman'] as const
type Flavour = (typeof flavours)[number]
const engines = new Map<Flavour, Awaited<ReturnType<typeof startRecordingEngine>>>()
const hosts = new Map<Flavour, string>()
const tokens = new Map<Role, string>()

beforeAll(async () => {
  test = await startApp()
  await test.setUp()
  for (const flavour of flavours) {
    const engine = await startRecordingEngine(flavour)
    engines.set(flavour, engine)
    const transport = { kind: 'tcp', host: '127.0.0.1', port: engine.port }
    const { json } = await test.call('POST', '/api/hosts', { name: flavour, transport })
    hosts.set(flavour, (json as Host).id)
  }
  for (const role of roles) {
    const permissions = rolePermissions[role].filter((name) => name !== 'users.edit')
    const { json } = await test.call('POST', '/api/account/tokens', { name: role, permissions, hours: 1 })
    tokens.set(role, (json as MadeToken).token)
  }
  const states = async () => ((await test.call('GET', '/api/hosts')).json as Host[]).map(({ state }) => state)
  await vi.waitFor(async () => expect(await states()).toEqual(['online', 'online']), { timeout: 30_000 })
})
afterAll(async () => {
  await test?.close()
  for (const engine of engines.values()) engine.close()
})
beforeEach(() => {
  for (const { recorded } of engines.values()) recorded.length = 0
})

/** What reached an engine through the gateway: the dashboard itself speaks other versions. */
const reached = () =>
  [...engines.values()].flatMap(({ recorded }) =>
    recorded.map(({ line }) => line).filter((line) => /\/v1\.30|plugins|evil|zz/.test(line)),
  )

/** Bytes to the server, one part after the other, and what comes back until it closes or is silent. */
function bytes(...parts: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(test.origin).port), 'localhost')
    let answer = ''
    socket.setTimeout(700, () => socket.destroy())
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.on('close', () => resolve(answer))
    socket.on('error', reject)
    for (const [index, part] of parts.entries())
      setTimeout(() => socket.writable && socket.write(part, 'latin1'), index * 40)
  })
}
const head = (line: string, more = '', role: Role = 'administrator') =>
  `${line} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${tokens.get(role)}\r\n${more}\r\n`
const at = (path: string, flavour: Flavour = 'docker') => `/h/${hosts.get(flavour)}${path}`

describe('no engine hears of', () => {
  const paths = [
    '/../containers/zz/json',
    '/./v1.30/containers/zz/json',
    '/v1.30/containers/../plugins',
    '/v1.30/containers/%2e%2e/plugins',
    '/v1.30/containers/.%2e/plugins',
    '/v1.30/%2e%2e/%2e%2e/plugins',
    '/v1.30//containers/json',
    '//v1.30/containers/json',
    '/v1.30/containers/json/',
    '//evil.test/zz',
    '/v1.30%2fcontainers/json',
    '/v1.30/containers%2Fjson',
    '/v1.30/containers/zz%2f..%2f..%2fplugins',
    '/v1.30/containers/zz%5c..%5cplugins',
    '/v1.30/containers/zz\\json',
    '/v1.30/containers/zz%00/json',
    '/v1.30/containers/zz\0/json',
    '/v1.30/containers/%252e%252e/plugins',
    '/v1.30/plug%69ns%2fpull',
    '/v1.30/containers/zz%0d%0aX:%20y/json',
    '/v1.30/containers/zz%20/json',
    '/v1.30/containers/zz /json',
    '/v1.30/conta%C4%B1ners/json',
    '/v1.30/containers/z\u00e9z/json',
    '/v1.30/containers/zz%e2%80%ae/json',
    '/v1.30/containers/%ff/json',
    '/v1.30/containers/zz%/json',
    '/v1.30/containers/zz;a=b/json',
    '/v1.30/containers/json?all=1;limit=1',
    '/v1.30/containers/json?all=%00',
    '/v1.30/containers/json#zz',
    '/v1.30/containers/json?a\\b',
    '/V1.30/containers/json',
    '/v1.30/Containers/json',
    '/v1.030',
    '/v1.30/debug/v%61rs',
    '/v1.30/libpod/containers/json',
    '/v1.30/containers/zz/attach/ws',
  ]
  it.each(paths)('%j', async (path) => {
    const answer = await bytes(head(`GET ${at(path)}`, 'Connection: close\r\n'))
    expect(answer).toMatch(/^HTTP\/1.1 4\d\d /)
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1)
    expect(reached()).toEqual([])
  })

  const json = '/v1.30/containers/json'
  const load = '/v1.30/images/load'
  const inner = () => head(`GET ${at('/v1.30/containers/zz/json')}`)
  const requests: [what: string, parts: () => string[], status: RegExp][] = [
    ['an absolute target', () => [head(`GET http://localhost${at(json)}`)], /^HTTP\/1.1 (4|302)/],
    ['an absolute target elsewhere', () => [head(`GET http://evil.test${at(json)}`)], /^HTTP\/1.1 (4|302)/],
    ['a target without a slash', () => [head(`GET ${at(json).slice(1)}`)], /^HTTP\/1.1 4/],
    ['CONNECT', () => [head('CONNECT evil.test:80')], /^(HTTP\/1.1 [45]|$)/],
    ['two hosts', () => [head(`GET ${at(json)}`, 'Host: evil.test\r\n')], /^HTTP\/1.1 (400|421)/],
    ['another host', () => [head(`GET ${at(json)}`).replace('localhost', 'evil.test')], /^HTTP\/1.1 421/],
    ['no host', () => [head(`GET ${at(json)}`).replace('Host: localhost\r\n', '')], /^HTTP\/1.1 4/],
    [
      'two tokens',
      () => [
        head(`GET ${at(json)}`, 'Authorization: Bearer rst_x\r\n').replace(/Bearer rst_\S+/, 'Bearer rst_no'),
      ],
      /^HTTP\/1.1 4/,
    ],
    [
      'both lengths',
      () => [
        head(`POST ${at(load)}`, 'Content-Length: 4\r\nTransfer-Encoding: chunked\r\n') +
          `0\r\n\r\n${inner()}`,
      ],
      /^HTTP\/1.1 400/,
    ],
    [
      'both lengths, the other way round',
      () => [
        head(`POST ${at(load)}`, 'Transfer-Encoding: chunked\r\nContent-Length: 4\r\n') +
          `0\r\n\r\n${inner()}`,
      ],
      /^HTTP\/1.1 400/,
    ],
    [
      'two lengths',
      () => [head(`POST ${at(load)}`, 'Content-Length: 0\r\nContent-Length: 400\r\n') + inner()],
      /^HTTP\/1.1 400/,
    ],
    [
      'a length of two numbers',
      () => [head(`POST ${at(load)}`, 'Content-Length: 0, 400\r\n') + inner()],
      /^HTTP\/1.1 400/,
    ],
    [
      'a coding of another spelling',
      () => [head(`POST ${at(load)}`, 'Transfer-Encoding: xchunked\r\n') + `0\r\n\r\n${inner()}`],
      /^HTTP\/1.1 400/,
    ],
    [
      'a coding behind a space',
      () => [
        head(`POST ${at(load)}`, 'Content-Length: 4\r\nTransfer-Encoding : chunked\r\n') +
          `0\r\n\r\n${inner()}`,
      ],
      /^HTTP\/1.1 400/,
    ],
    ['bare line feeds', () => [head(`GET ${at(json)}`).replaceAll('\r\n', '\n')], /^HTTP\/1.1 400/],
    ['a folded header', () => [head(`GET ${at(json)}`, 'X-A: b\r\n Host: evil.test\r\n')], /^HTTP\/1.1 400/],
    ['a NUL in a header', () => [head(`GET ${at(json)}`, 'X-A: b\0c\r\n')], /^HTTP\/1.1 400/],
  ]
  it.each(requests)('%s', async (_what, parts, status) => {
    const answer = await bytes(...parts())
    expect(answer).toMatch(status)
    expect(reached()).toEqual([])
  })

  it('a request behind one that was refused in the middle of its body', async () => {
    // What is left of the first body must not be read as a request.
    const first = head(`POST ${at('/v1.30/containers/zz/copy')}`, `Content-Length: ${inner().length}\r\n`)
    const answer = await bytes(first, inner())
    expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1)
    expect(reached()).toEqual([])
  })
})

describe('what is root by its nature', () => {
  const lines = [
    'GET swarm',
    'POST swarm/init',
    'GET nodes',
    'GET services',
    'GET services/zz/logs',
    'GET tasks',
    'GET secrets',
    'DELETE configs/zz',
    'GET plugins',
    'POST plugins/a/b:1/enable',
    'DELETE containers/zz/alias?link=1',
  ]
  const ask = (line: string, role: Role, body?: string) => {
    const [method = '', path = ''] = line.split(' ')
    const headers = { authorization: `Bearer ${tokens.get(role)}`, 'content-type': 'application/json' }
    return fetch(test.origin + at(`/v1.30/${path}`), { method, headers, ...(body ? { body } : {}) })
  }

  it.each(lines)('%s is handed on for who has gateway.raw, and not there for others', async (line) => {
    for (const role of ['viewer', 'operator'] as const) {
      const answer = await ask(line, role)
      expect([role, answer.status]).toEqual([role, 404])
      expect(reached()).toEqual([])
    }
    expect((await ask(line, 'administrator')).status).toBe(200)
    expect(reached()).toEqual([line.replace(' ', ' /v1.30/')])
  })

  it('has its list as its body, and an object where one belongs', async () => {
    const recorded = engines.get('docker')?.recorded ?? []
    expect((await ask('POST plugins/pull?remote=a', 'administrator', '[{"Name":"network"}]')).status).toBe(
      200,
    )
    expect((await ask('POST services/create', 'administrator', '{"Name":"zz"}')).status).toBe(200)
    expect(recorded.filter(({ line }) => line.startsWith('POST')).map(({ body }) => body)).toEqual([
      '[{"Name":"network"}]',
      '{"Name":"zz"}',
    ])
    expect((await ask('POST plugins/pull', 'administrator', '{}')).status).toBe(400)
    expect((await ask('POST services/create', 'administrator', '[]')).status).toBe(400)
  })
})

it.each([
  ['GET networks/my%20net', 'viewer'],
  ['DELETE networks/my%20net%3F', 'administrator'],
  ['POST networks/%C3%BCber%20all/connect', 'administrator'],
  ['GET volumes/zz%20%2B%20b', 'viewer'],
  ['GET libpod/networks/my%20net/exists', 'viewer'],
] as const)('%s is the name that an engine has, escaped once', async (line, role) => {
  const [method = '', path = ''] = line.split(' ')
  const flavour = path.startsWith('libpod') ? 'podman' : 'docker'
  const headers = { authorization: `Bearer ${tokens.get(role)}` }
  await fetch(test.origin + at(`/v1.30/${path}`, flavour), { method, headers })
  expect(reached()).toEqual([`${method} /v1.30/${path}`])
})

it('takes parameters of Podman in any case once, as it does, and hands them on as the table writes them', async () => {
  const headers = { authorization: `Bearer ${tokens.get('administrator')}` }
  const attach = async (query: string) => {
    const path = at(`/v1.30/libpod/containers/zz/attach?${query}`, 'podman')
    return (await fetch(test.origin + path, { method: 'POST', headers })).status
  }
  expect(await attach('DETACHKEYS=a&detachKeys=a')).toBe(200)
  expect(await attach('detachkeys=a&detachKeys=b')).toBe(400)
  expect(reached()).toEqual(['POST /v1.30/libpod/containers/zz/attach?detachKeys=a'])
})

describe('what clients send is taken as an engine takes it', () => {
  const ask = async (method: string, path: string, role: Role, more: RequestInit = {}) => {
    const headers = { authorization: `Bearer ${tokens.get(role)}`, ...more.headers }
    return fetch(test.origin + at(path, 'podman'), { ...more, method, headers })
  }

  it.each([
    // Podman's own clients escape the slashes of an image's name.
    [
      'GET',
      '/v1.30/libpod/images/quay.io%2Fa%2Fb:1/json',
      'viewer',
      'GET /v1.30/libpod/images/quay.io/a/b:1/json',
    ],
    ['GET', '/v1.30/images/a%2Fb/json', 'viewer', 'GET /v1.30/images/a/b/json'],
    // They ask for a version of their own.
    ['GET', '/v1.12/libpod/info', 'viewer', 'GET /v1.12/libpod/info'],
    ['GET', '/v4/libpod/volumes/zz/json', 'viewer', 'GET /v4/libpod/volumes/zz/json'],
    // skopeo 1.9
    ['GET', '/v1.22/images/get?names=zz', 'administrator', 'GET /v1.24/images/get?names=zz'],
    // They say each option that they know.
    [
      'DELETE',
      '/v1.30/libpod/containers/zz?depend=false&all=&volumes=true',
      'operator',
      'DELETE /v1.30/libpod/containers/zz?volumes=true',
    ],
    // `podman run -d` of 5.4
    [
      'POST',
      '/v5.4.2/libpod/containers/zz/start?recursive=true',
      'operator',
      'POST /v5.4.2/libpod/containers/zz/start',
    ],
    // podman-py
    [
      'POST',
      '/v5.4.0/libpod/images/pull?reference=zz&tlsVerify=True',
      'operator',
      'POST /v5.4.0/libpod/images/pull?reference=zz&tlsVerify=true',
    ],
    // docker-py
    [
      'DELETE',
      '/v1.30/containers/zz?v=False&link=False&force=False',
      'operator',
      'DELETE /v1.30/containers/zz?v=False&force=False',
    ],
    // 5.4 says each column by itself.
    [
      'GET',
      '/v5.4.2/libpod/containers/zz/top?ps_args=pid&ps_args=args',
      'operator',
      'GET /v5.4.2/libpod/containers/zz/top?ps_args=pid&ps_args=args',
    ],
    // A path on the client's own machine, which podman 4.3 says where DOCKER_CONFIG is set.
    [
      'POST',
      '/v1.30/libpod/images/pull?AuthFile=%2Fhome%2Fme%2Fconfig.json&reference=zz',
      'operator',
      'POST /v1.30/libpod/images/pull?reference=zz',
    ],
    [
      'GET',
      '/v1.30/libpod/containers/zz/json?depend=false',
      'viewer',
      'GET /v1.30/libpod/containers/zz/json',
    ],
  ] as const)('%s %s of a %s', async (method, path, role, line) => {
    expect((await ask(method, path, role)).status).toBe(200)
    const lines = [...engines.values()].flatMap(({ recorded }) => recorded.map((each) => each.line))
    expect(lines).toContain(line)
  })

  it('only where Podman talks to a registry may who has no gateway.raw ask that its certificate be checked', async () => {
    for (const path of ['volumes/zz/json', 'containers/zz/stats', 'images/zz/json'])
      expect((await ask('GET', `/v5.4.0/libpod/${path}?tlsVerify=true`, 'operator')).status).toBe(400)
    expect(reached()).toEqual([])
  })

  it('and not where it says something', async () => {
    for (const path of ['containers/zz?depend=true', 'containers/zz?all=1', 'containers/zz?url=x'])
      expect((await ask('DELETE', `/v1.30/libpod/${path}`, 'operator')).status).toBe(400)
    for (const of of ['pid&ps_args=e', 'x&ps_args=-ef', '-o&ps_args=environ', 'pid,environ'])
      expect((await ask('GET', `/v5.4.2/libpod/containers/zz/top?ps_args=${of}`, 'operator')).status).toBe(
        400,
      )
    expect((await ask('POST', '/v1.23/containers/zz/start', 'operator')).status).toBe(400)
    expect(reached()).toEqual([])
  })

  it('credentials that are empty are none, and others than base64 are told by their header', async () => {
    const pull = (auth: string) =>
      ask('POST', '/v1.30/libpod/images/pull?reference=zz', 'operator', {
        headers: { 'x-registry-auth': auth },
      })
    expect((await pull('')).status).toBe(200)
    const refused = await pull('{}')
    expect([refused.status, await refused.json()]).toEqual([
      400,
      expect.objectContaining({ message: expect.stringContaining('x-registry-auth') }),
    ])
  })

  it('an error of libpod is libpod’s whole document', async () => {
    const answer = await ask('GET', '/v1.30/libpod/secrets/json', 'viewer')
    expect(await answer.json()).toEqual({
      cause: expect.any(String),
      message: expect.any(String),
      response: answer.status,
    })
  })
})

describe('a surplus answer of an engine', () => {
  it('reaches nobody', async () => {
    const ask = async (path: string, role: Role) => {
      const headers = { authorization: `Bearer ${tokens.get(role)}` }
      return (await fetch(test.origin + at(path), { headers })).text()
    }
    for (let round = 0; round < 5; round++) {
      expect(await ask('/v1.30/containers/surplus/json', 'administrator')).toContain('asked')
      const others = await Promise.all(
        ['a', 'b', 'c'].map((name) => ask(`/v1.30/containers/zz-${name}/json`, 'viewer')),
      )
      expect(others).toEqual(['{}', '{}', '{}'])
    }
  })
})
