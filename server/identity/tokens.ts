import { createHash, randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import type { ApiToken, NewToken } from '#lib/contracts/account.ts'
import { type Permission, permissions } from '#lib/permissions.ts'
import type { Database } from '../db/schema.ts'
import { AppError } from '../errors.ts'
import { newId } from '../new-id.ts'
import type { Authorize, Credential, Principal } from '../principal/principal.ts'
import { settleFuture } from './clock.ts'

/** Names the product, so that scanners for leaked secrets know it. */
const prefix = 'rst_'
/** Milliseconds between two notes of its use. */
const usedMs = 60_000

export interface Tokens {
  /** The token that a request carries as its bearer, or its certificate, with its owner, if it is one of ours and still good. */
  find(credential: Credential): Promise<FoundToken | null>
  /** The host that a client certificate is for, by its sha256; null where it is none of ours. */
  hostOf(certificate: string): Promise<string | null>
  list(principal: Principal): Promise<ApiToken[]>
  /** The token itself is told this once. Throws denied for more than its owner has. */
  create(principal: Principal, input: NewToken): Promise<ApiToken & { token: string }>
  /** Keeps who has a client certificate for a host, by its sha256 in hex. Throws denied as `create`. */
  keepCertificate(
    principal: Principal,
    input: NewToken & { hostId: string; sha256: string },
  ): Promise<ApiToken>
  /** Throws token_not_found, also for another person's. */
  revoke(principal: Principal, id: string): Promise<void>
}

export interface FoundToken {
  id: string
  permissions: Permission[]
  /** Null: a token, for all hosts. */
  hostId: string | null
  owner: TokenOwner
}

export interface TokenOwner {
  userId: string
  name: string
  email: string
  role: string | null
  disabledAt: string | null
}

/** API tokens: scoped to named permissions, with an end, stored as a hash. `ended` is told of each that was revoked. */
export function createTokens(db: Database, authorize: Authorize, ended: (id: string) => void): Tokens {
  /** Of a token, or of a certificate, which is for one host. Every request of the engine API asks it. */
  const byHash = async (hash: string, isCertificate: boolean) => {
    const read = sql<TokenOwner & Omit<Row, 'hash' | 'name' | 'user_id'>>`
      select tokens.id, tokens.permissions, tokens.host_id, tokens.created_at, tokens.expires_at, tokens.used_at,
        tokens.user_id as "userId", "user".name, "user".email, "user".role, "user"."disabledAt"
      from tokens join "user" on "user".id = tokens.user_id
      where tokens.hash = ${hash} and (tokens.host_id is not null) = ${isCertificate ? 1 : 0}`
    return (await read.execute(db)).rows[0]
  }
  const hashOf = (token: string) => createHash('sha256').update(token).digest('hex')
  type Row = Awaited<ReturnType<typeof rows>>[number]
  const rows = (userId: string) =>
    db.selectFrom('tokens').selectAll().where('user_id', '=', userId).orderBy('created_at', 'desc').execute()
  const read = (row: Row): ApiToken => ({
    id: row.id,
    name: row.name,
    permissions: permissionsOf(row.permissions),
    hostId: row.host_id,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    usedAt: row.used_at,
  })
  const keep = async (
    principal: Principal,
    input: NewToken & { hostId?: string },
    hash: string,
  ): Promise<ApiToken> => {
    const { name, hostId = null, hours } = input
    for (const permission of input.permissions)
      authorize(principal, permission, hostId === null ? {} : { hostId })
    const row: Row = {
      id: newId('t'),
      user_id: principal.userId,
      name,
      hash,
      host_id: hostId,
      permissions: JSON.stringify(input.permissions),
      created_at: new Date().toISOString(),
      expires_at: new Date(Date.now() + hours * 3_600_000).toISOString(),
      used_at: null,
    }
    await db.insertInto('tokens').values(row).execute()
    return read(row)
  }
  return {
    async find({ headers, certificate }) {
      const [, token] = /^Bearer (\S+)$/i.exec(headers.get('authorization') ?? '') ?? []
      if (certificate === undefined && !token?.startsWith(prefix)) return null
      const hash = certificate ?? hashOf(token ?? '')
      const found = await byHash(hash, certificate !== undefined)
      if (!found) return null
      const {
        id,
        permissions,
        host_id: hostId,
        created_at: createdAt,
        expires_at: expiresAt,
        used_at: usedAt,
        ...owner
      } = found
      if (Date.parse(createdAt) > Date.now()) await settleFuture(db)
      if (Date.parse(expiresAt) < Date.now()) return null
      if (!usedAt || Math.abs(Date.now() - Date.parse(usedAt)) > usedMs)
        await db
          .updateTable('tokens')
          .set({ used_at: new Date().toISOString() })
          .where('id', '=', id)
          .execute()
          // On a full disk: nobody is kept from reading by that.
          .catch(() => {})
      return { id, permissions: permissionsOf(permissions), hostId, owner }
    },
    async hostOf(certificate) {
      const found = await db
        .selectFrom('tokens')
        .select('host_id')
        .where('hash', '=', certificate)
        .where('host_id', 'is not', null)
        .executeTakeFirst()
      return found?.host_id ?? null
    },
    list: async (principal) => (await rows(principal.userId)).map(read),
    async create(principal, input) {
      const token = prefix + randomBytes(32).toString('base64url')
      return { ...(await keep(principal, input, hashOf(token))), token }
    },
    keepCertificate: (principal, input) => keep(principal, input, input.sha256),
    async revoke(principal, id) {
      const { numDeletedRows } = await db
        .deleteFrom('tokens')
        .where('id', '=', id)
        .where('user_id', '=', principal.userId)
        .executeTakeFirstOrThrow()
      if (numDeletedRows === 0n) throw new AppError('token_not_found', { objectId: id })
      ended(id)
    },
  }
}

/** A name that this version no longer knows gives nothing. */
function permissionsOf(json: string): Permission[] {
  return (JSON.parse(json) as string[]).filter((name): name is Permission =>
    (permissions as readonly string[]).includes(name),
  )
}
