import { describe, expect, it } from 'vitest'
import { permissions, rolePermissions } from '#lib/permissions.ts'
import { AppError } from '../errors.ts'
import { parseTarget } from './paths.ts'
import { endpoints, findEndpoint } from './table.ts'

/** Each was, in some proxy, read in one way by the guard and in another by the engine. */
const hostile = [
  '/h',
  '/h//containers/json',
  '/h/web//containers/json',
  '/h/web/v1.41//containers/json',
  '/h/web/containers/json/',
  '/h/web/./containers/json',
  '/h/web/../other/containers/json',
  '/h/web/containers/../plugins',
  '/h/web/containers/%2e%2e/plugins',
  '/h/web/containers/.%2E/plugins',
  '/h/web%2fcontainers/json',
  '/h/web/v1.41%2Fcontainers/json',
  '/h/web/containers%2Fjson',
  '/h/web/containers%5cjson',
  '/h/web/containers\\json',
  '/h/web/containers/%252e%252e/plugins',
  '/h/web/containers/x%00/json',
  '/h/web/containers/x%0d%0aHost:%20evil/json',
  '/h/web/containers/x%7f/json',
  '/h/web/containers/%c2%85/json',
  '/h/web/containers/%ff/json',
  '/h/web/containers/%/json',
  '/h/web/containers/%zz/json',
  '/h/web/containers/x json',
  '/h/web/containers/x\tjson',
  '/h/web/containers/json#/plugins',
  '/h/web/containers/x"/json',
  '/h/web/contaıners/json',
  '/h/web/containers/json?a=1;b=2',
  '/h/web/containers/json?a=%zz',
  '/h/web/containers/json?a=%00',
  '/h/web/containers/json?a=1#x',
  '/h/web/containers/json?a=b c',
  '/h/web/containers/json?a=\\',
  'http://evil.test/h/web/containers/json',
  '//evil.test/h/web/containers/json',
  '/%68/web/containers/json',
  '/H/web/containers/json',
  '*',
  `/h/web/${'x'.repeat(20_000)}`,
]

describe('addresses', () => {
  it.each(hostile)('refuses %s', (target) => {
    expect(() => parseTarget(target)).toThrow(AppError)
  })

  it.each([
    ['/h/web/_ping', { host: 'web', version: null, segments: ['_ping'], query: [] }],
    ['/h/my%20host/v1.41/containers/json', { host: 'my host', version: '1.41' }],
    ['/h/web/v1.41/plug%69ns', { segments: ['plugins'] }],
    ['/h/web/v1.41/v1.41/containers/json', { version: '1.41', segments: ['v1.41', 'containers', 'json'] }],
    ['/h/web', { host: 'web', segments: [] }],
    ['/h/web/v1.41', { version: '1.41', segments: [] }],
    ['/h/web/images/sha256%3Aab/json', { segments: ['images', 'sha256:ab', 'json'] }],
    [
      '/h/web/events?filters=%7B%22a%22%3A1%7D&since=1&since=2',
      {
        query: [
          ['filters', '{"a":1}'],
          ['since', '1'],
          ['since', '2'],
        ],
      },
    ],
  ])('takes %s apart', (target, parts) => {
    expect(parseTarget(target)).toMatchObject(parts)
  })
})

describe('table', () => {
  it('names a permission for each endpoint, and each once', () => {
    const names = endpoints.map(({ method, path }) => `${method} ${path}`)
    expect(new Set(names).size).toBe(names.length)
    for (const { permission } of endpoints) expect(permissions).toContain(permission)
  })

  it('leaves every body that no policy reads to administrators', () => {
    const bodies = endpoints
      .filter(({ body }) => body === 'json')
      .filter(({ raw, policy }) => !raw && !policy)
    expect(bodies).toEqual([])
    expect(rolePermissions.operator).not.toContain('gateway.raw')
    expect(rolePermissions.viewer).not.toContain('gateway.raw')
  })

  it('lets a viewer change nothing', () => {
    const changing = endpoints
      .filter(
        ({ method, permission, raw }) =>
          !/GET|HEAD/.test(method) && !raw && rolePermissions.viewer.includes(permission),
      )
      .map(({ method, path }) => `${method} ${path}`)
    expect(changing).toEqual(['POST /containers/{id}/wait'])
  })

  it.each([
    ['GET', 'containers/json', '/containers/json'],
    ['GET', 'containers/web/json', '/containers/{id}/json'],
    ['GET', 'images/json', '/images/json'],
    ['GET', 'images/localhost:5000/team/app:1@sha256:ab/json', '/images/{name}/json'],
    ['GET', 'images/json/json', '/images/{name}/json'],
    ['GET', 'images/get', '/images/get'],
    ['GET', 'images/get/get', '/images/{name}/get'],
    ['POST', 'images/a/push/tag', '/images/{name}/tag'],
    ['POST', 'containers/prune', '/containers/prune'],
    ['DELETE', 'images/a/b', '/images/{name}'],
    ['GET', 'volumes/data_1', '/volumes/{id}'],
  ])('finds %s /%s', (method, path, template) => {
    expect(findEndpoint(method, path.split('/'))).toMatchObject({
      endpoint: { path: template },
      path: `/${path}`,
    })
  })

  it.each([
    ...['GET plugins', 'POST plugins/pull', 'GET swarm', 'POST swarm/init', 'GET secrets', 'GET configs'],
    ...['GET services', 'POST services/create', 'GET nodes', 'GET tasks'],
    ...['GET debug/vars', 'GET debug/pprof/heap', 'GET containers/x/attach/ws'],
    ...['POST libpod/quadlets', 'GET libpod/secrets/x/json', 'POST containers/x/checkpoints'],
    ...['HEAD containers/json', 'PATCH containers/x', 'TRACE _ping', 'OPTIONS containers/json', 'CONNECT x'],
    ...['POST containers/x/copy', 'GET containers/x:y/json', 'GET containers/x/y/json', 'GET images/-x/json'],
    ...['GET v1.41/containers/json', 'get containers/json', 'GET Containers/json', 'GET ', 'POST volumes/x'],
  ])('knows no %s', (line) => {
    const [method = '', path = ''] = line.split(' ')
    expect(findEndpoint(method, path.split('/'))).toBeNull()
  })
})
