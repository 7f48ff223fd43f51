import { linkHours } from '#lib/contracts/users.ts'
import type { Database } from '../db/schema.ts'
import { idleSeconds } from './session-limits.ts'

/**
 * Milliseconds since an instant. What lies in the future counts as now: it was written while the clock was ahead, and must
 * neither be younger than new nor last for as long as the clock was wrong.
 */
export const ageMs = (at: number | string | Date, now = Date.now()): number =>
  Math.max(0, now - new Date(at).getTime())

/**
 * What decides by its age and lies in the future is from now on as old as if it were made now: failed sign-ins, sessions
 * and their proofs, links, API tokens. Else a clock that was ahead for a minute would keep people out, or let them in, for
 * a year.
 */
export async function settleFuture(db: Database, now = Date.now()): Promise<void> {
  const at = new Date(now).toISOString()
  const later = (milliseconds: number) => new Date(now + milliseconds).toISOString()
  await db.updateTable('login_failures').set({ at: now }).where('at', '>', now).execute()
  const idle = later(idleSeconds * 1000)
  await db
    .updateTable('session')
    .set({ createdAt: at, updatedAt: at, expiresAt: idle })
    .where('createdAt', '>', at)
    .execute()
  await db.updateTable('session').set({ provedAt: at }).where('provedAt', '>', at).execute()
  await db
    .updateTable('session')
    .set({ updatedAt: at, expiresAt: idle })
    .where('expiresAt', '>', idle)
    .execute()
  await db
    .updateTable('invitations')
    .set({ created_at: at, expires_at: later(linkHours * 3_600_000) })
    .where('created_at', '>', at)
    .execute()
  const tokens = await db.selectFrom('tokens').selectAll().where('created_at', '>', at).execute()
  for (const { id, created_at, expires_at } of tokens)
    await db
      .updateTable('tokens')
      .set({ created_at: at, expires_at: later(Date.parse(expires_at) - Date.parse(created_at)) })
      .where('id', '=', id)
      .execute()
}
