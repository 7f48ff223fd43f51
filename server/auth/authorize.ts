import { rolePermissions } from '#lib/permissions.ts'
import { AppError } from '../errors.ts'
import type { Authorize } from './types.ts'

/** By role, on everything. Grants per host and label will narrow it here, and nowhere else. */
export const authorize: Authorize = (principal, permission, target) => {
  if (!rolePermissions[principal.role].includes(permission)) {
    throw new AppError('denied', { ...target, params: { permission } })
  }
}
