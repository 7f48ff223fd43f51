import { type Permission, rolePermissions } from '#lib/permissions.ts'
import { AppError } from '../errors.ts'
import type { Authorize, Principal } from './types.ts'

/** By role, and by token where one is used, on everything. Grants per host and label will narrow it here, and nowhere else. */
export const authorize: Authorize = (principal, permission, target) => {
  if (!allowed(principal).includes(permission)) {
    throw new AppError('denied', { ...target, params: { permission } })
  }
}

/**
 * What a principal may in its role, and no more than its token was made for. People are never for a token to change: an
 * account made with it would outlive it.
 */
export function allowed(principal: Principal): readonly Permission[] {
  const role = rolePermissions[principal.role]
  return principal.token
    ? role.filter(
        (permission) => permission !== 'users.edit' && principal.token?.permissions.includes(permission),
      )
    : role
}
