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
    ...['/../containers/zz/json', '/./v1.30/containers/zz/json', '/v1.30/containers/../plugins'],
    ...['/v1.30/containers/%2e%2e/plugins', '/v1.30/containers/.%2e/plugins', '/v1.30/%2e%2e/%2e%2e/plugins'],
    ...['/v1.30//containers/json', '//v1.30/containers/json', '/v1.30/containers/json/', '//evil.test/zz'],
    ...['/v1.30%2fcontainers/json', '/v1.30/containers%2Fjson', '/v1.30/containers/zz%2f..%2f..%2fplugins'],
    ...['/v1.30/containers/zz%5c..%5cplugins', '/v1.30/containers/zz\\json', '/v1.30/containers/zz%00/json'],
    ...['/v1.30/containers/zz\0/json', '/v1.30/containers/%252e%252e/plugins', '/v1.30/plug%69ns%2fpull'],
    ...[
      '/v1.30/containers/zz%0d%0aX:%20y/json',
      '/v1.30/containers/zz%20/json',
      '/v1.30/containers/zz /json',
    ],
    ...[
      '/v1.30/conta%C4%B1ners/json',
      '/v1.30/containers/z\u00e9z/json',
      '/v1.30/containers/zz%e2%80%ae/json',
    ],
    ...['/v1.30/containers/%ff/json', '/v1.30/containers/zz%/json', '/v1.30/containers/zz;a=b/json'],
    ...[
      '/v1.30/containers/json?all=1;limit=1',
      '/v1.30/containers/json?all=%00',
      '/v1.30/containers/json#zz',
    ],
    ...['/v1.30/containers/json?a\\b', '/V1.30/containers/json', '/v1.30/Containers/json', '/v1.030'],
    ...['/v1.30/plug%69ns', '/v1.30/libpod/containers/json', '/v1.30/containers/zz/attach/ws'],
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
    const first = head(`POST ${at('/v1.30/plugins/pull')}`, `Content-Length: ${inner().length}\r\n`)
    const answer = await bytes(first, inner())
    expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1)
    expect(reached()).toEqual([])
  })
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
