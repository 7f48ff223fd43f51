import { describe, expect, it } from 'vitest'
import { matchesPattern, mayOn, type Place, withViews } from './access.ts'
import type { ContainerSelector, HostSelector, Rights } from './contracts/access.ts'
import { type Permission, permissions, rolePermissions, scopeOf } from './permissions.ts'

const prod = { id: 'h00000000000a', tags: ['prod'] }
const lab = { id: 'h00000000000b', tags: [] }
const web = { name: 'web-1', labels: { team: 'shop', 'a b': '' } }
const db = { name: 'db', labels: { team: 'data' } }

const all = { kind: 'all' } as const
const tagged: HostSelector = { kind: 'tag', tag: 'prod' }
const shop: ContainerSelector = { kind: 'label', key: 'team', value: 'shop' }
const anyTeam: ContainerSelector = { kind: 'label', key: 'team', value: null }
const named: ContainerSelector = { kind: 'name', pattern: 'web-*' }
const grant = (
  effect: 'allow' | 'deny',
  hosts: HostSelector,
  containers: ContainerSelector,
  of: readonly Permission[] = rolePermissions.operator,
): Rights['grants'][number] => ({
  id: 'g000000000000',
  effect,
  hosts,
  containers,
  permissions: effect === 'allow' ? withViews(of) : [...of],
})
const none: Permission[] = []
const viewer = [...rolePermissions.viewer]

describe('what rights hold where', () => {
  it.each<[string, Permission[], Rights['grants'], Permission, Place, boolean]>([
    ['nothing', none, [], 'containers.view', {}, false],
    ['own role, anywhere', viewer, [], 'containers.view', {}, true],
    ['own role, there', viewer, [], 'containers.view', { host: lab, container: db }, true],
    ['own role, more than it has', viewer, [], 'containers.start', { host: lab, container: db }, false],
    ['a tag, tagged', none, [grant('allow', tagged, all)], 'containers.start', { host: prod }, true],
    ['a tag, another host', none, [grant('allow', tagged, all)], 'containers.start', { host: lab }, false],
    ['a tag, held somewhere', none, [grant('allow', tagged, all)], 'containers.start', {}, true],
    [
      'a label, fits',
      none,
      [grant('allow', all, shop)],
      'containers.start',
      { host: lab, container: web },
      true,
    ],
    [
      'a label, other value',
      none,
      [grant('allow', all, shop)],
      'containers.view',
      { host: lab, container: db },
      false,
    ],
    [
      'a label of any value',
      none,
      [grant('allow', all, anyTeam)],
      'containers.view',
      { host: lab, container: db },
      true,
    ],
    [
      'a label that is missing',
      none,
      [grant('allow', all, anyTeam)],
      'containers.view',
      { host: lab, container: { name: 'x', labels: {} } },
      false,
    ],
    ['a name', none, [grant('allow', all, named)], 'containers.stop', { host: lab, container: web }, true],
    [
      'a name, another',
      none,
      [grant('allow', all, named)],
      'containers.stop',
      { host: lab, container: db },
      false,
    ],
    [
      'a name: some container of the host',
      none,
      [grant('allow', all, named)],
      'containers.stop',
      { host: lab },
      true,
    ],
    [
      'a name: the host is there',
      none,
      [grant('allow', all, named)],
      'hosts.view',
      { host: lab, container: db },
      true,
    ],
    [
      'a name: not the host as a whole',
      none,
      [grant('allow', all, named)],
      'containers.stop',
      { host: lab, hostWide: true },
      false,
    ],
    ['a name: no images', none, [grant('allow', all, named)], 'images.pull', { host: lab }, false],
    ['a name: images nowhere', none, [grant('allow', all, named)], 'images.pull', {}, false],
    [
      'a host: its images',
      none,
      [grant('allow', { kind: 'host', hostId: lab.id }, all)],
      'images.pull',
      { host: lab },
      true,
    ],
    [
      'a host: no other host',
      none,
      [grant('allow', { kind: 'host', hostId: lab.id }, all)],
      'hosts.view',
      { host: prod },
      false,
    ],
    [
      'a host: nothing of the dashboard',
      none,
      [grant('allow', { kind: 'host', hostId: lab.id }, all)],
      'registries.view',
      { host: lab },
      false,
    ],
    ['everything: also of the dashboard', none, [grant('allow', all, all)], 'registries.view', {}, true],
    [
      'denied there',
      viewer,
      [grant('deny', tagged, all)],
      'containers.view',
      { host: prod, container: db },
      false,
    ],
    ['denied there, held somewhere', viewer, [grant('deny', tagged, all)], 'containers.view', {}, true],
    [
      'denied there, not elsewhere',
      viewer,
      [grant('deny', tagged, all)],
      'containers.view',
      { host: lab, container: db },
      true,
    ],
    [
      'denied by label',
      viewer,
      [grant('deny', all, shop)],
      'containers.view',
      { host: lab, container: web },
      false,
    ],
    [
      'denied by label: the host stays',
      viewer,
      [grant('deny', all, shop)],
      'hosts.view',
      { host: lab },
      true,
    ],
    ['denied by label: images stay', viewer, [grant('deny', all, shop)], 'images.view', { host: lab }, true],
    ['denied everywhere', viewer, [grant('deny', all, all)], 'containers.view', {}, false],
    [
      'deny wins over a grant',
      none,
      [grant('allow', tagged, shop), grant('deny', all, named)],
      'containers.start',
      { host: prod, container: web },
      false,
    ],
    [
      'a denial of what the role has not',
      viewer,
      [grant('deny', all, all, ['containers.exec'])],
      'containers.view',
      { host: lab, container: db },
      true,
    ],
    [
      'restart gives sight',
      none,
      [grant('allow', all, shop, ['containers.restart'])],
      'containers.view',
      { host: lab, container: web },
      true,
    ],
    [
      'a label from the prototype',
      none,
      [grant('allow', all, { kind: 'label', key: 'constructor', value: null })],
      'containers.view',
      { host: lab, container: web },
      false,
    ],
  ])('%s', (_name, own, grants, permission, place, expected) => {
    expect(mayOn({ own, grants }, permission, place)).toBe(expected)
  })

  it('knows of each permission what it is about', () => {
    const about = Object.groupBy(permissions, scopeOf)
    expect(about.everything).toEqual(
      permissions.filter((name) => /^(?:archives|registries|users|audit)\.|^hosts\.edit$/.test(name)),
    )
    expect(about.host).toContain('containers.create')
    expect(about.container).toContain('containers.exec')
    expect(about.part).toEqual(['volumes.view'])
  })
})

it.each([
  ['*', '', true],
  ['web-*', 'web-', true],
  ['web-*', 'my-web-1', false],
  ['w?b', 'web', true],
  ['w?b', 'wb', false],
  ['*-db', 'a-db-db', true],
  ['a*b*c', 'aXbXbc', true],
  ['a*b*c', 'aXcXb', false],
  ['web', 'web-1', false],
  ['we.', 'web', false],
  ['', '', true],
  [`${'a*'.repeat(60)}b`, 'a'.repeat(5000), false],
])('the pattern %s on %s', (pattern, name, expected) => {
  expect(matchesPattern(pattern, name)).toBe(expected)
})
