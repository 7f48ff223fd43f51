import type { Permission } from '#lib/permissions.ts'

/** What a token or certificate for other clients may do. */
export const scopes = ['read', 'all'] as const
export type Scope = (typeof scopes)[number]

/** Reading: what is seen, with logs, processes and events. All: what its owner may on hosts. */
export function scopeOf(scope: Scope, own: readonly Permission[]): Permission[] {
  const reading =
    /^(hosts|containers|images|volumes|networks|pods)\.view$|^containers\.(logs|top|stats|changes)$/
  const everything = /^(hosts\.view|gateway\.raw|(containers|images|volumes|networks|pods)\.)/
  const pattern = scope === 'read' ? reading : everything
  return own.filter((permission) => permission === 'gateway.use' || pattern.test(permission))
}
