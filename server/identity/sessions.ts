import type { AccountSession } from '#lib/contracts/account.ts'
import type { Database } from '../db/schema.ts'
import { AppError } from '../errors.ts'
import type { Principal, SignInMethod } from '../principal/principal.ts'
import type { Ended } from '../principal/revocation-of-rights.ts'
import { ageMs, settleFuture } from './clock.ts'
import { absoluteMs } from './session-limits.ts'

export interface Sessions {
  /** Of who asks, their own first and then the latest used. */
  list(principal: Principal): Promise<AccountSession[]>
  /** Throws session_not_found; also for another person's session. */
  revoke(principal: Principal, sessionId: string): Promise<void>
  /** Those of the sessions that are still valid: neither revoked nor idle or old beyond the limits. */
  current(sessionIds: readonly string[]): Promise<Set<string>>
  end(sessionId: string): Promise<void>
  /** Ends every session of a person, with what runs by them and by their tokens. Their tokens are another matter. */
  endAll(userId: string): Promise<void>
  /** Ends the other sessions of who asks; with a method those that were opened by it. */
  endOthers(principal: Principal, method?: SignInMethod): Promise<void>
}

/** Sessions as they are kept; `ended` is told of each that ends. */
export function createSessions(db: Database, ended: (what: Ended) => void): Sessions {
  const end = async (id: string) => {
    await db.deleteFrom('session').where('id', '=', id).execute()
    ended({ sessionId: id })
  }
  return {
    end,
    async list(principal) {
      const rows = await db.selectFrom('session').selectAll().where('userId', '=', principal.userId).execute()
      const iso = (value: string) => new Date(value).toISOString()
      return rows
        .filter((row) => new Date(row.expiresAt).getTime() > Date.now())
        .map((row) => ({
          id: row.id,
          current: row.id === principal.sessionId,
          createdAt: iso(row.createdAt),
          lastUsedAt: iso(row.updatedAt),
          expiresAt: iso(row.expiresAt),
          ipAddress: row.ipAddress || null,
          userAgent: row.userAgent || null,
        }))
        .sort((a, b) => Number(b.current) - Number(a.current) || b.lastUsedAt.localeCompare(a.lastUsedAt))
    },

    async revoke(principal, sessionId) {
      const row = await db
        .selectFrom('session')
        .select('id')
        .where('id', '=', sessionId)
        .where('userId', '=', principal.userId)
        .executeTakeFirst()
      if (!row) throw new AppError('session_not_found', { objectId: sessionId })
      await end(row.id)
    },

    async current(sessionIds) {
      if (sessionIds.length === 0) return new Set()
      await settleFuture(db)
      const rows = await db
        .selectFrom('session')
        .selectAll()
        .where('id', 'in', [...sessionIds])
        .execute()
      const valid = rows.filter(
        (row) => new Date(row.expiresAt).getTime() > Date.now() && ageMs(row.createdAt) < absoluteMs,
      )
      return new Set(valid.map((row) => row.id))
    },
    async endAll(userId) {
      await db.deleteFrom('session').where('userId', '=', userId).execute()
      ended({ userId })
    },
    async endOthers({ userId, sessionId }, method) {
      const others = db
        .selectFrom('session')
        .select('id')
        .where('userId', '=', userId)
        .where('id', '!=', sessionId)
      for (const { id } of await (method ? others.where('method', '=', method) : others).execute())
        await end(id)
    },
  }
}
