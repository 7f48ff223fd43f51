import type { Kysely } from 'kysely'

/** Our own tables. better-auth owns user, session, account and verification. Instants are ISO text, booleans 0 and 1. */
export interface Schema {
  hosts: {
    id: string
    name: string
    /** JSON array. */
    tags: string
    /** JSON: the transport without its secrets. */
    transport: string
    /** Sealed JSON of the secrets. */
    secrets: string | null
    paused: number
    /** JSON array: of its tags those by which it gets accounts of registries; null where it gets none. */
    account_tags: string | null
    /** Tells the engine that answered last from others. */
    engine_identity: string | null
    created_at: string
    updated_at: string
  }
  registries: {
    id: string
    /** As it stands in references; unique. */
    address: string
    scheme: string
    ca: string | null
    username: string | null
    /** Sealed. */
    password: string | null
    /** JSON array of host selectors: who is given the account. */
    hosts: string
    created_at: string
    updated_at: string
  }
  tasks: {
    id: string
    user_id: string
    created_at: string
    /** JSON of the task as people see it. */
    document: string
    /** Sealed JSON of what was asked for. */
    input: string
  }
  /** A step of a task that was begun, until the task's end is stored. */
  plans: {
    task_id: string
    step_id: string
    /** JSON of how far it has come, and of what takes it back. */
    document: string
  }
  /** Terminals whose processes may run at an engine. */
  terminals: {
    mark: string
    host_id: string
    container_id: string
    user: string | null
  }
  archives: {
    id: string
    /** JSON of what is known of it. */
    document: string
  }
  tokens: {
    id: string
    user_id: string
    name: string
    /** sha256 of the token, or of a client certificate; its private key, as a token, is stored nowhere. */
    hash: string
    /** Of a client certificate: the one host that it is for. Null: a token. */
    host_id: string | null
    /** JSON array. */
    permissions: string
    created_at: string
    expires_at: string
    used_at: string | null
  }
  settings: { key: string; value: string }
  /** One row: what seals every secret here, itself sealed by the master key, which is kept elsewhere. */
  data_keys: { id: string; wrapped: string; created_at: string }
  login_failures: { id: string; bucket: string; at: number }
  /** better-auth's, read for the sessions list and to end sessions. */
  session: {
    id: string
    userId: string
    token: string
    createdAt: string
    updatedAt: string
    expiresAt: string
    ipAddress: string | null
    userAgent: string | null
    /** How they signed in, and when they last proved who they are. Null in sessions from before these were kept. */
    method: string | null
    provedAt: string | null
  }
  /** better-auth's: what somebody signs in with. */
  account: { userId: string; providerId: string; password: string | null }
  totp: {
    user_id: string
    /** Sealed. */
    secret: string
    /** Null: begun, and counts for nothing. */
    confirmed_at: string | null
    /** The newest step whose code was used. */
    last_step: number
  }
  recovery_codes: {
    /** sha256 of whose it is and the code, which is stored nowhere. */
    hash: string
    user_id: string
  }
  passkeys: {
    /** The credential's id, base64url. */
    id: string
    user_id: string
    name: string
    /** The host name it was made for. */
    site: string
    /** COSE, base64url. */
    public_key: string
    counter: number
    /** JSON array. */
    transports: string
    created_at: string
    used_at: string | null
  }
  /** Used before their end; kept until then. */
  spent_tickets: { id: string; until: number }
  /** Who of the identity provider is whom here. */
  oidc_people: { issuer: string; subject: string; user_id: string }
  user: {
    id: string
    name: string
    email: string
    createdAt: string
    role: string | null
    disabledAt: string | null
    lastSignInAt: string | null
  }
  roles: {
    id: string
    name: string
    /** JSON array. */
    permissions: string
    created_at: string
  }
  grants: {
    id: string
    user_id: string
    effect: string
    /** A built-in role's name or a custom one's id. */
    role: string
    /** JSON of the selectors. */
    hosts: string
    containers: string
    created_at: string
    /** 1: by their groups at the identity provider, whose next sign-in may take it away. */
    by_provider: number
  }
  /** Failures of containers that somebody has seen; one for a container. */
  acknowledgements: {
    host_id: string
    container_id: string
    problem: string
    /** When it failed; with the problem, which failure it is. */
    at: string | null
    by_name: string
    note: string
    acknowledged_at: string
  }
  invitations: {
    id: string
    /** sha256 of the link's token, which is stored nowhere. */
    hash: string
    /** Whose password it resets; null: it makes the person of the columns after. */
    user_id: string | null
    name: string
    email: string
    /** Empty: only what grants give. */
    role: string
    /** Who made it. It ends with their rights. */
    created_by: string
    created_at: string
    expires_at: string
  }
}

export type Database = Kysely<Schema>
