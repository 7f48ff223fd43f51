import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { SetupInput } from '#lib/contracts/account.ts'
import type { Database } from '../db/schema.ts'
import { AppError } from '../errors.ts'
import type { Client, Identity, SignedIn } from './identity.ts'
import { createLoginLimits } from './login-limits.ts'

export interface Setup {
  needed(): Promise<boolean>
  /** The one-time token to print; null once set-up is done. */
  token(): Promise<string | null>
  /** Makes the first administrator and signs them in. Throws setup_done, setup_token_wrong, login_limited. */
  complete(input: SetupInput, client: Client): Promise<SignedIn>
}

/**
 * The first run. Who can read the server's output holds the token; without it nobody on the network can take the
 * dashboard first. Done is a row of its own, not the presence of users: deleting them opens nothing again.
 */
export async function createSetup(db: Database, identity: Identity): Promise<Setup> {
  await undoHalfSetup(db)
  const secret = randomBytes(15).toString('base64url').replaceAll(/[-_]/g, 'x')
  const limits = createLoginLimits(db)
  const done = async () => {
    const row = await db
      .selectFrom('settings')
      .select('value')
      .where('key', '=', 'setup_done')
      .executeTakeFirst()
    return row !== undefined || (await identity.hasUsers())
  }
  return {
    needed: async () => !(await done()),
    token: async () => ((await done()) ? null : secret),
    async complete(input, client) {
      if (await done()) throw new AppError('setup_done')
      await limits.attempt('set-up', client.address, async () => {
        if (!sameText(input.token.trim(), secret)) throw new AppError('setup_token_wrong')
      })
      try {
        // The primary key makes the first of two simultaneous set-ups the only one.
        await db.insertInto('settings').values({ key: 'setup_done', value: begun }).execute()
      } catch (cause) {
        throw new AppError('setup_done', { cause })
      }
      let userId: string
      try {
        userId = await identity.createAdministrator(input)
        await db
          .updateTable('settings')
          .set({ value: new Date().toISOString() })
          .where('key', '=', 'setup_done')
          .execute()
      } catch (cause) {
        await db.deleteFrom('settings').where('key', '=', 'setup_done').execute()
        throw new AppError('internal', { detail: (cause as Error).message, cause })
      }
      return identity.open({ userId, method: 'password' }, client)
    },
  }
}

const begun = 'begun'

/** A crash in the middle of a set-up leaves it begun, with no administrator who could ever sign in: it is undone. */
async function undoHalfSetup(db: Database): Promise<void> {
  const row = await db
    .selectFrom('settings')
    .select('value')
    .where('key', '=', 'setup_done')
    .executeTakeFirst()
  if (row?.value !== begun) return
  await db.deleteFrom('user').execute()
  await db.deleteFrom('settings').where('key', '=', 'setup_done').execute()
}

/** Compares digests, so that neither content nor length shows in the time it takes. */
function sameText(a: string, b: string): boolean {
  const [left, right] = [a, b].map((text) => createHash('sha256').update(text).digest())
  return timingSafeEqual(left as Buffer, right as Buffer)
}
