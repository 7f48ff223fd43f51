import type { Database } from '../db/schema.ts'
import { AppError } from '../errors.ts'

/** Whether whoever has no second factor has to set one up before anything else. */
export interface SecondFactorRule {
  required(): boolean
  /** The configuration says so, and nobody here can say otherwise. */
  fixed: boolean
  /** Throws second_factor_fixed. */
  set(required: boolean): Promise<void>
}

const key = 'second_factor_required'

/** Kept in memory too: every request asks. */
export async function createSecondFactorRule(
  db: Database,
  requiredByConfiguration: boolean,
): Promise<SecondFactorRule> {
  const row = await db.selectFrom('settings').select('value').where('key', '=', key).executeTakeFirst()
  let chosen = row?.value === 'yes'
  return {
    required: () => requiredByConfiguration || chosen,
    fixed: requiredByConfiguration,
    async set(required) {
      if (requiredByConfiguration) throw new AppError('second_factor_fixed')
      const value = required ? 'yes' : 'no'
      await db
        .insertInto('settings')
        .values({ key, value })
        .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
        .execute()
      chosen = required
    },
  }
}
