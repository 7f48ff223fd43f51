import { type Permission, rolePermissions } from '#lib/permissions.ts'
import type { Principal } from './types.ts'

/** What a principal may everywhere by their own role, and no more than their token was made for. Grants are not in it. */
export function allowed({ role, token }: Principal): readonly Permission[] {
  const own = role === null ? [] : rolePermissions[role]
  return token ? own.filter((permission) => token.permissions.includes(permission)) : own
}
