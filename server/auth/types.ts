import type { Permission, Role } from '#lib/permissions.ts'

/** Who asks. Made once per request or socket from the session; services take it as a plain argument. */
export interface Principal {
  userId: string
  sessionId: string
  name: string
  email: string
  role: Role
  /** Asked with an API token, which may do no more than it was made for; `sessionId` is then its id. */
  token?: { permissions: readonly Permission[] }
  /** Where the request or upgrade came from, for the audit log. Absent where none asked. */
  from?: { address: string; requestId: string }
}

/** What it is asked for. Without hostId: about the fleet as a whole. */
export interface Target {
  hostId?: string
  objectId?: string
}

/** Throws AppError `denied` unless the principal may. The one place where permission is decided. */
export type Authorize = (principal: Principal, permission: Permission, target?: Target) => void
