import type { Container } from '#lib/contracts/containers.ts'
import type { Permission, Role } from '#lib/permissions.ts'

/** With what somebody signed in. */
export const signInMethods = ['password', 'password+totp', 'password+recovery', 'passkey', 'oidc'] as const
export type SignInMethod = (typeof signInMethods)[number]

/** Sessions from before it was kept were opened by a password. */
export const methodOf = (value: string | null | undefined): SignInMethod =>
  signInMethods.find((known) => known === value) ?? 'password'

/** What a request is known by. */
export interface Credential {
  headers: Headers
  /** sha256 of a client certificate that its connection has proved to hold, hex. It then counts alone. */
  certificate?: string | undefined
}

/** Who asks. Made once per request or socket from the session; services take it as a plain argument. */
export interface Principal {
  userId: string
  sessionId: string
  name: string
  email: string
  /** Null: only what grants give. */
  role: Role | null
  /** Asked with an API token, which may do no more than it was made for; `sessionId` is then its id. */
  token?: {
    permissions: readonly Permission[]
    /** A client certificate's: the one host that it is for. */
    hostId?: string
  }
  method?: SignInMethod
  /** When this session last proved who it is. Absent: never, or a token. */
  provedAt?: string
  /** Has to have a second factor, and has none yet. */
  secondFactorNeeded?: boolean
  /** Where the request or upgrade came from, for the audit log. Absent where none asked. */
  from?: { address: string; requestId: string }
}

/** What it is asked for. Without hostId: about the fleet as a whole. */
export interface Target {
  hostId?: string
  /** Of a permission on containers: the container's id. */
  objectId?: string
  /** That container as its engine has just told of it. Default: as the dashboard knows it. */
  facts?: Pick<Container, 'name' | 'labels'>
  /** A container's permission for all that is on the host, as for an image's environment. */
  hostWide?: boolean
}

/**
 * Throws AppError `denied` unless the principal may, and host_not_found or container_not_found of what they don't see:
 * for them it is not there. The one place where permission is decided.
 */
export type Authorize = (principal: Principal, permission: Permission, target?: Target) => void
