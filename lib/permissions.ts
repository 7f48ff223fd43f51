/**
 * The named permissions. A route, a WebSocket and (later) a gateway row each declares one; an undeclared one does
 * not start. Names are `noun.verb`; the permission of a view is `<noun>.view`.
 */
export const permissions = [
  'hosts.view',
  'hosts.edit',
  'containers.view',
  'containers.reveal',
  'containers.start',
  'containers.stop',
  'containers.restart',
  'containers.pause',
  'containers.kill',
  'containers.rename',
  'containers.remove',
  'containers.logs',
  'containers.stats',
  'containers.top',
  'containers.changes',
  'containers.files.read',
  'containers.files.write',
  'containers.exec',
  'containers.attach',
  'containers.export',
  'containers.commit',
  'containers.update',
  'containers.create',
  'containers.unrestricted',
  'containers.prune',
  'images.view',
  'images.pull',
  'images.push',
  'images.build',
  'images.prune',
  'images.save',
  'images.tag',
  'images.remove',
  'images.load',
  'archives.view',
  'archives.upload',
  'archives.edit',
  'volumes.view',
  'volumes.prune',
  'networks.view',
  'networks.prune',
  'pods.view',
  'registries.view',
  'registries.edit',
  'users.view',
  'users.edit',
  'audit.view',
  'gateway.use',
  'gateway.raw',
] as const
export type Permission = (typeof permissions)[number]

/** What a permission is about: one container, a host as a whole, or the whole dashboard. */
export function scopeOf(permission: Permission): 'container' | 'host' | 'everything' {
  if (
    permission === 'containers.create' ||
    permission === 'containers.unrestricted' ||
    permission === 'containers.prune' ||
    permission === 'gateway.raw'
  )
    return 'host'
  if (/^(?:containers\.|hosts\.view$|gateway\.use$)/.test(permission)) return 'container'
  return /^(?:images|volumes|networks|pods)\./.test(permission) ? 'host' : 'everything'
}

/** What a custom role can be made of. Whoever may change people could give themselves the rest: only administrators do. */
export const grantablePermissions = permissions.filter((permission) => permission !== 'users.edit')

export const roles = ['administrator', 'operator', 'viewer'] as const
export type Role = (typeof roles)[number]

const view: readonly Permission[] = [
  'hosts.view',
  'containers.view',
  'containers.stats',
  'images.view',
  'archives.view',
  'volumes.view',
  'networks.view',
  'pods.view',
  'registries.view',
  'gateway.use',
]

/** What a role allows when granted on everything. Grants per host and label narrow it. */
export const rolePermissions: Readonly<Record<Role, readonly Permission[]>> = {
  administrator: permissions,
  operator: [
    ...view,
    'containers.start',
    'containers.stop',
    'containers.restart',
    'containers.pause',
    'containers.kill',
    'containers.create',
    'containers.update',
    'containers.remove',
    'containers.logs',
    'containers.top',
    'containers.changes',
    'images.pull',
  ],
  viewer: view,
}
