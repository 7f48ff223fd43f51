import type { People } from '#lib/contracts/users.ts'
import type { Database } from '../db/schema.ts'
import { AppError } from '../errors.ts'
import { methodOf, type Principal, type SignInMethod } from '../principal/principal.ts'
import type { Ended } from '../principal/revocation-of-rights.ts'
import type { SecondFactors } from './second-factors.ts'

export interface SecondFactorRule {
  /** Whether somebody has to set one up before anything else. `method`: of their session; null: by an API token. */
  needed(userId: string, method: SignInMethod | null): Promise<boolean>
  /** To the one who asks. */
  told(principal: Principal): Promise<People['secondFactor']>
  /**
   * Whether everybody needs one. What is open for people without one ends; their next request asks for it.
   * Throws second_factor_fixed; second_factor_none, when they would lock themselves out.
   */
  set(principal: Principal, required: boolean): Promise<void>
}

const key = 'second_factor_required'

/**
 * Whether whoever has no second factor has to set one up before anything else. The database is asked each time, as for
 * the session: another server process may have set it.
 * @param parts.fixed the configuration says so, and nobody here can say otherwise
 */
export function createSecondFactorRule(parts: {
  db: Database
  factors: Pick<SecondFactors, 'methods'>
  fixed: boolean
  ended(what: Ended): void
}): SecondFactorRule {
  const { db, factors, fixed, ended } = parts
  const isRequired = async () => {
    if (fixed) return true
    const row = await db.selectFrom('settings').select('value').where('key', '=', key).executeTakeFirst()
    return row?.value === 'yes'
  }
  /** Whoever comes by the identity provider has what that asks for. */
  const lacks = async (userId: string, method: SignInMethod | null) => {
    if (method === 'oidc') return false
    if ((await factors.methods(userId)).length > 0) return false
    if (method !== null) return true
    const linked = db.selectFrom('oidc_people').select('user_id').where('user_id', '=', userId)
    return (await linked.executeTakeFirst()) === undefined
  }
  const needed = async (userId: string, method: SignInMethod | null) =>
    (await isRequired()) && lacks(userId, method)
  return {
    needed,
    told: async ({ userId, method = 'password' }) => ({
      required: await isRequired(),
      fixed,
      ready: !(await lacks(userId, method)),
    }),
    async set({ userId, method = 'password' }, next) {
      if (fixed) throw new AppError('second_factor_fixed')
      if (next && (await lacks(userId, method))) throw new AppError('second_factor_none')
      const value = next ? 'yes' : 'no'
      await db
        .insertInto('settings')
        .values({ key, value })
        .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
        .execute()
      if (!next) return
      // By their sessions and not as people: tasks that they began go on.
      const open = await db.selectFrom('session').select(['id', 'userId', 'method']).execute()
      const made = await db.selectFrom('tokens').select(['id', 'user_id as userId']).execute()
      const inside = [
        ...open.map((session) => ({ ...session, method: methodOf(session.method) })),
        ...made.map((token) => ({ ...token, method: null })),
      ]
      for (const who of inside)
        if (await needed(who.userId, who.method)) ended({ sessionId: who.id, changed: true })
    },
  }
}
