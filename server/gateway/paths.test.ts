import { describe, expect, it } from 'vitest'
import { permissions, rolePermissions } from '#lib/permissions.ts'
import { AppError } from '../errors.ts'
import { parseTarget, soughtId } from './paths.ts'
import { findByAlias, findEndpoint } from './table.ts'
import { dockerEndpoints } from './table-docker.ts'

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
  '/h/web/images/a%2F..%2Fb/json',
  '/h/web/images/..%2Fcontainers/json',
  '/h/web/images/a%2F.%2Fb/json',
  '/h/web/images/a%252Fb/json',
  '/h/web/images/%2Fa/json',
  '/h/web/images/a%2F/json',
  '/h/web/images/a%2F%2Fb/json',
  '/h/web/images/a%5Cb/json',
  '/h/web/images/a%2Fb%00/json',
  '/h/web/images/a%2Fb%c0%af/json',
  '/h/web/images/a%2F-b/json',
  '/h/web/images/a/b%2Fc/json',
  '/h/web/images%2Fa/json',
  '/h/a%2Fb/images/a%2Fb/json',
  '/h/web/libpod%2Fimages/a/json',
  '/h/web/libpod/containers/a%2Fb/json',
  '/h/web/libpod/volumes/a%2Fb/json',
  '/h/web/libpod/networks/a%2Fb/json',
  '/h/web/libpod/networks/a%2Fb',
  '/h/web/networks/a%2Fb/x',
  '/h/web/networks/a%2Fb/connect/x',
  '/h/web/networks/a%2Fb%00',
  '/h/web/networks/a%2Fb%0a',
  '/h/web/networks/a%2Fb%c0%af',
  '/h/web/networks/..%2f..',
  '/h/web/networks/a%5C..',
  '/h/web/networks/a%2F%2Fb',
  '/h/web/networks/%2e%2e%2fcontainers',
  '/h/web/networks/..',
  '/h/web/networks/%2e%2e',
  '/h/web/containers///web/json',
  '/h/web/containers/%2F%2Fweb/json',
  '/h/web/containers//../json',
  '/h/web/containers//%2e%2e/json',
  '/h/web/containers//web',
  '/h/web/containers/a%2Fb/logs',
  '/h/web/images/a%2F%5B::1%5D/json',
  '/h/web/libpod/manifests/a/registry/docker:%2F%2F..%2Fb',
  '/h/web/libpod/manifests/a/registry/docker:%2F%2Fa%2F%2Fb',
  '/h/web/libpod/manifests/a/registry/docker:%2F%2Fa%252Fb',
  '/h/web/libpod/manifests/a/registry/oci-archive:%2Fetc%2Fx',
  '/h/web/libpod/containers/a%2Fb/changes?diffType=container',
  '/h/web/libpod/containers/a%2Fb/changes?diffType=image&diffType=image',
  '/h/web/libpod/containers/..%2Fb/changes?diffType=image',
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
    ['/h/web/images/a%2Fb:1/json', { segments: ['images', 'a', 'b:1', 'json'] }],
    [
      '/h/web/v5.4.2/libpod/images/quay.io%2Fx%2Fy:1/json',
      { version: '5.4.2', segments: ['libpod', 'images', 'quay.io', 'x', 'y:1', 'json'] },
    ],
    ['/h/web/images/a%2fb', { segments: ['images', 'a', 'b'] }],
    ['/h/web/images/%5B::1%5D:5000/x/json', { segments: ['images', '[::1]:5000', 'x', 'json'] }],
    ['/h/web/images/%5B::1%5D:5000%2Fx/json', { segments: ['images', '[::1]:5000', 'x', 'json'] }],
    ['/h/web/v1.41/containers//web/json', { segments: ['containers', 'web', 'json'] }],
    ['/h/web/libpod/containers/%2Fweb/logs', { segments: ['libpod', 'containers', 'web', 'logs'] }],
    ['/h/web/networks/a%2Fb', { segments: ['networks', soughtId], sought: 'a/b' }],
    ['/h/web/v1.41/networks/c%5Cb%252f/connect', { sought: 'c\\b%2f' }],
    ['/h/networks/networks/a%2Fb', { host: 'networks', segments: ['networks', soughtId], sought: 'a/b' }],
    ['/h/web/networks/a+b', { segments: ['networks', 'a+b'], sought: null }],
    [
      '/h/web/v4.3.1/libpod/containers/a%2Fb:1/changes?diffType=image',
      { segments: ['libpod', 'images', 'a', 'b:1', 'changes'] },
    ],
    [
      '/h/web/libpod/manifests/a%2Fb/registry/docker:%2F%2Fr:5000%2Fa%2Fb:1',
      { segments: ['libpod', 'manifests', 'a', 'b', 'registry', 'docker://r:5000/a/b:1'] },
    ],
    ['/h/web/v4/libpod/info', { version: '4', segments: ['libpod', 'info'] }],
    ['/h/web/v4/info', { version: null, segments: ['v4', 'info'] }],
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
    const names = dockerEndpoints.map(({ method, path }) => `${method} ${path}`)
    expect(new Set(names).size).toBe(names.length)
    for (const { permission } of dockerEndpoints) expect(permissions).toContain(permission)
  })

  it('leaves every body that no policy reads to administrators', () => {
    const bodies = dockerEndpoints
      .filter(({ body }) => body === 'json')
      .filter(({ raw, policy }) => !raw && !policy)
    expect(bodies).toEqual([])
    expect(rolePermissions.operator).not.toContain('gateway.raw')
    expect(rolePermissions.viewer).not.toContain('gateway.raw')
  })

  it('lets a viewer change nothing', () => {
    const changing = dockerEndpoints
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
    ['GET', `containers/${'x'.repeat(400)}/json`, '/containers/{id}/json'],
    ['GET', `networks/${'x'.repeat(400)}`, '/networks/{id}'],
    ['GET', 'plugins/vieux/sshfs:latest/json', '/plugins/{name}/json'],
    ['GET', 'containers/x/attach/ws', '/containers/{id}/attach/ws'],
    ['DELETE', 'containers/x/checkpoints/y', '/containers/{id}/checkpoints/{id}'],
    ['POST', 'libpod/manifests/create', '/libpod/manifests/create'],
    ['POST', 'libpod/manifests/registry/a/registry/b', '/libpod/manifests/{name}/registry/{to}'],
    ['POST', 'libpod/manifests/a/b/add', '/libpod/manifests/{name}/add'],
    ['POST', 'libpod/manifests/a/b', '/libpod/manifests/{name}'],
    ['GET', 'plugins/privileges', '/plugins/privileges'],
    ['DELETE', 'containers/app/db', '/containers/{id}/{id}'],
  ])('finds %s /%s', (method, path, template) => {
    expect(findEndpoint(method, path.split('/'))).toMatchObject({
      endpoint: { path: template },
      path: `/${path}`,
    })
  })

  it.each([
    'PUT plugins/x',
    'POST swarm',
    'POST secrets',
    'DELETE containers/x/y/z',
    'DELETE containers/x/-y',
    'GET debug/vars',
    'GET debug/pprof/heap',
    'POST libpod/quadlets',
    'POST libpod/secrets/x',
    'POST containers/x/attach/ws',
    'HEAD containers/json',
    'PATCH containers/x',
    'TRACE _ping',
    'OPTIONS containers/json',
    'CONNECT x',
    'POST containers/x/copy',
    'GET containers/x:y/json',
    'GET containers/x/y/json',
    'GET images/-x/json',
    'GET v1.41/containers/json',
    'get containers/json',
    'GET Containers/json',
    'GET ',
    'POST volumes/x',
  ])('knows no %s', (line) => {
    const [method = '', path = ''] = line.split(' ')
    expect(findEndpoint(method, path.split('/'))).toBeNull()
  })

  it('escapes the address of a registry', () => {
    expect(findEndpoint('GET', ['images', '[::1]:5000', 'x', 'json'])?.path).toBe(
      '/images/%5B%3A%3A1%5D%3A5000/x/json',
    )
    for (const segments of ['[::1]:5000', 'a/[::1]/b', '[x]/b', '[::1]@/b'])
      expect(findEndpoint('GET', ['images', ...segments.split('/'), 'json'])).toBeNull()
  })

  it('takes an alias of a link for the container that it leads to, which is to be looked up', () => {
    expect(findByAlias('GET', ['containers', 'app', 'db', 'json'])).toMatchObject({
      sought: 'app/db',
      match: { path: `/containers/${soughtId}/json` },
    })
    for (const path of ['app/db', 'app/db/x', 'app/-b/json', 'a/b/c/json', 'app/db/archive/x'])
      expect(findByAlias('GET', ['containers', ...path.split('/')])).toBeNull()
    expect(findByAlias('GET', ['libpod', 'containers', 'app', 'db', 'json'])).toBeNull()
  })
})
