import { createHash, randomBytes } from 'node:crypto'
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
  /** Whose token a request carries as its bearer, if that is one of ours and still good. */
  find(headers: Headers): Promise<{ id: string; userId: string; permissions: Permission[] } | null>
  list(principal: Principal): Promise<ApiToken[]>
  /** The token itself is told this once. Throws denied for more than its owner has. */
  create(principal: Principal, input: NewToken): Promise<ApiToken & { token: string }>
  /** Throws token_not_found, also for another person's. */
  revoke(principal: Principal, id: string): Promise<void>
}

/** API tokens: scoped to named permissions, with an end, stored as a hash. `ended` is told of each that was revoked. */
export function createTokens(db: Database, authorize: Authorize, ended: (id: string) => void): Tokens {
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
      const row = await db
        .selectFrom('tokens')
        .selectAll()
        .where('hash', '=', hashOf(token))
        .executeTakeFirst()
      if (!row || Date.parse(row.expires_at) < Date.now()) return null
      if (!row.used_at || Date.now() - Date.parse(row.used_at) > usedMs)
        await db
          .updateTable('tokens')
          .set({ used_at: new Date().toISOString() })
          .where('id', '=', row.id)
          .execute()
          // On a full disk: nobody is kept from reading by that.
          .catch(() => {})
      return { id: row.id, userId: row.user_id, permissions: permissionsOf(row.permissions) }
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
