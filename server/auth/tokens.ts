import { createHash, randomBytes } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import type { ApiToken, NewToken } from '#lib/contracts/account.ts'
import { type Permission, permissions } from '#lib/permissions.ts'
import type { Database } from '../db/schema.ts'
import { AppError } from '../errors.ts'
import { newId } from '../new-id.ts'
import type { Authorize, Principal } from './types.ts'

/** Names the product, so that scanners for leaked secrets know it. */
const prefix = 'rst_'
/** Milliseconds between two notes of its use. */
const usedMs = 60_000

export interface Tokens {
  /** The token that a request carries as its bearer, with its owner, if it is one of ours and still good. */
  find(headers: Headers): Promise<{ id: string; permissions: Permission[]; owner: TokenOwner } | null>
  list(principal: Principal): Promise<ApiToken[]>
  /** The token itself is told this once. Throws denied for more than its owner has. */
  create(principal: Principal, input: NewToken): Promise<ApiToken & { token: string }>
  /** Throws token_not_found, also for another person's. */
  revoke(principal: Principal, id: string): Promise<void>
}

export interface TokenOwner {
  userId: string
  name: string
  email: string
  role: string | null
  disabledAt: string | null
}

/** API tokens: scoped to named permissions, with an end, stored as a hash. `ended` is told of each that was revoked. */
export function createTokens(
  db: Database,
  raw: DatabaseSync,
  authorize: Authorize,
  ended: (id: string) => void,
): Tokens {
  // Every request of the engine API asks it, and parsing its SQL takes longer than its answer.
  const byHash = raw.prepare(
    `select tokens.id, tokens.permissions, tokens.expires_at, tokens.used_at, tokens.user_id as userId,
      user.name, user.email, user.role, user.disabledAt
      from tokens join user on user.id = tokens.user_id where tokens.hash = ?`,
  )
  const hashOf = (token: string) => createHash('sha256').update(token).digest('hex')
  type Row = Awaited<ReturnType<typeof rows>>[number]
  const rows = (userId: string) =>
    db.selectFrom('tokens').selectAll().where('user_id', '=', userId).orderBy('created_at', 'desc').execute()
  const read = (row: Row): ApiToken => ({
    ...{ id: row.id, name: row.name, permissions: permissionsOf(row.permissions) },
    ...{ createdAt: row.created_at, expiresAt: row.expires_at, usedAt: row.used_at },
  })
  return {
    async find(headers) {
      const [, token] = /^Bearer (\S+)$/i.exec(headers.get('authorization') ?? '') ?? []
      if (!token?.startsWith(prefix)) return null
      const found = byHash.get(hashOf(token)) as
        | (TokenOwner & Pick<Row, 'id' | 'permissions' | 'expires_at' | 'used_at'>)
        | undefined
      if (!found) return null
      const { id, permissions, expires_at: expiresAt, used_at: usedAt, ...owner } = found
      if (Date.parse(expiresAt) < Date.now()) return null
      if (!usedAt || Date.now() - Date.parse(usedAt) > usedMs)
        await db
          .updateTable('tokens')
          .set({ used_at: new Date().toISOString() })
          .where('id', '=', id)
          .execute()
          // On a full disk: nobody is kept from reading by that.
          .catch(() => {})
      return { id, permissions: permissionsOf(permissions), owner }
    },
    list: async (principal) => (await rows(principal.userId)).map(read),
    async create(principal, input) {
      for (const permission of input.permissions) authorize(principal, permission)
      const token = prefix + randomBytes(32).toString('base64url')
      const row: Row = {
        id: newId('t'),
        ...{ user_id: principal.userId, name: input.name, hash: hashOf(token) },
        permissions: JSON.stringify(input.permissions),
        created_at: new Date().toISOString(),
        expires_at: new Date(Date.now() + input.hours * 3_600_000).toISOString(),
        used_at: null,
      }
      await db.insertInto('tokens').values(row).execute()
      return { ...read(row), token }
    },
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
