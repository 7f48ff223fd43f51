export const roles = ['administrator', 'operator', 'viewer'] as const
export type Role = (typeof roles)[number]

interface PermissionRow {
  /**
   * What it is about: one container, a host as a whole, or the whole dashboard. `part`: of a host as a whole, or without that
   * what of it belongs to containers that it is held for.
   */
  scope: 'container' | 'host' | 'part' | 'everything'
  /** The least role that has it. Absent: administrators alone. */
  from?: 'viewer' | 'operator'
  /** Whoever has it could give themselves every other one: it is in no custom role. */
  grantable?: false
}

/**
 * The named permissions. A route, a WebSocket and a gateway row each declares one; an undeclared one does
 * not start. Names are `noun.verb`; the permission of a view is `<noun>.view`.
 */
const table = {
  'hosts.view': { scope: 'container', from: 'viewer' },
  'hosts.edit': { scope: 'everything' },
  'containers.view': { scope: 'container', from: 'viewer' },
  'containers.reveal': { scope: 'container' },
  'containers.start': { scope: 'container', from: 'operator' },
  'containers.stop': { scope: 'container', from: 'operator' },
  'containers.restart': { scope: 'container', from: 'operator' },
  'containers.pause': { scope: 'container', from: 'operator' },
  'containers.kill': { scope: 'container', from: 'operator' },
  'containers.rename': { scope: 'container' },
  'containers.remove': { scope: 'container', from: 'operator' },
  'containers.logs': { scope: 'container', from: 'operator' },
  'containers.stats': { scope: 'container', from: 'viewer' },
  'containers.top': { scope: 'container', from: 'operator' },
  'containers.changes': { scope: 'container', from: 'operator' },
  'containers.files.read': { scope: 'container' },
  'containers.files.write': { scope: 'container' },
  'containers.exec': { scope: 'container' },
  'containers.attach': { scope: 'container' },
  'containers.export': { scope: 'container' },
  'containers.commit': { scope: 'container' },
  'containers.update': { scope: 'container', from: 'operator' },
  'containers.create': { scope: 'host', from: 'operator' },
  'containers.unrestricted': { scope: 'host' },
  'containers.prune': { scope: 'host' },
  'images.view': { scope: 'host', from: 'viewer' },
  'images.pull': { scope: 'host', from: 'operator' },
  'images.push': { scope: 'host' },
  'images.build': { scope: 'host' },
  'images.prune': { scope: 'host' },
  'images.save': { scope: 'host' },
  'images.tag': { scope: 'host' },
  'images.remove': { scope: 'host' },
  'images.load': { scope: 'host' },
  'archives.view': { scope: 'everything', from: 'viewer' },
  'archives.upload': { scope: 'everything' },
  'archives.edit': { scope: 'everything' },
  'volumes.view': { scope: 'part', from: 'viewer' },
  'volumes.create': { scope: 'host' },
  'volumes.remove': { scope: 'host' },
  'volumes.prune': { scope: 'host' },
  'networks.view': { scope: 'host', from: 'viewer' },
  'networks.prune': { scope: 'host' },
  'pods.view': { scope: 'host', from: 'viewer' },
  'registries.view': { scope: 'everything', from: 'viewer' },
  'registries.edit': { scope: 'everything' },
  'users.view': { scope: 'everything' },
  'users.edit': { scope: 'everything', grantable: false },
  'audit.view': { scope: 'everything' },
  'gateway.use': { scope: 'container', from: 'viewer' },
  'gateway.raw': { scope: 'host' },
} as const satisfies Readonly<Record<string, PermissionRow>>

export type Permission = keyof typeof table
export const permissions = Object.keys(table) as readonly Permission[]
const rowOf = (permission: Permission): PermissionRow => table[permission]

/** What a permission is about. */
export const scopeOf = (permission: Permission) => rowOf(permission).scope

/** Whoever sends an engine what they like makes any container: by the other door it would be refused to no purpose. */
export function withImplied(permissions: readonly Permission[]): readonly Permission[] {
  return permissions.includes('gateway.raw') ? [...permissions, 'containers.unrestricted'] : permissions
}

/** What a custom role can be made of. */
export const grantablePermissions = permissions.filter((permission) => rowOf(permission).grantable !== false)

/** What a role allows when granted on everything. Grants per host and label narrow it. */
export const rolePermissions: Readonly<Record<Role, readonly Permission[]>> = {
  administrator: permissions,
  operator: permissions.filter((permission) => rowOf(permission).from !== undefined),
  viewer: permissions.filter((permission) => rowOf(permission).from === 'viewer'),
}
