import { randomUUID } from 'node:crypto'
import type { Database } from '../db/schema.ts'
import type { Audit } from './service.ts'

/** Tells the audit log of a rotation since the last start: no server ran meanwhile. On a full disk it is told at a later one. */
export async function recordRotation(db: Database, audit: Audit): Promise<void> {
  const row = await db
    .selectFrom('settings')
    .select('value')
    .where('key', '=', 'key_rotated')
    .executeTakeFirst()
  if (!row) return
  const source = { address: 'localhost', requestId: randomUUID() }
  try {
    await audit.event(null, source, { action: 'key.rotated', summary: `at ${row.value}` })
  } catch {
    return
  }
  await db.deleteFrom('settings').where('key', '=', 'key_rotated').execute()
}
