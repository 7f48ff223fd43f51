import { createHash } from 'node:crypto'
import type { DatabaseSync } from 'node:sqlite'
import { setImmediate as breathe } from 'node:timers/promises'
import type { AuditEntry, AuditVerification } from '#lib/contracts/audit.ts'

/** Before the first entry. */
export const genesis = '0'.repeat(64)
/** Entries read at a time while the chain is walked: a few milliseconds of work. */
const batch = 200

/**
 * The entry without its own hash as JSON with sorted names and without those that are null: a field that a later version
 * adds changes no hash from before.
 */
export function canonical(entry: Omit<AuditEntry, 'hash'>): string {
  const fields = Object.entries(entry).filter(([name, value]) => name !== 'hash' && value !== null)
  return JSON.stringify(Object.fromEntries(fields.sort(([a], [b]) => (a < b ? -1 : 1))))
}

/** sha256 in hexadecimal. */
export function hashOf(entry: Omit<AuditEntry, 'hash'>): string {
  return createHash('sha256').update(canonical(entry)).digest('hex')
}

/** Columns in the order of the contract. */
export const columns =
  `sequence, kind, intent, at, actor_id as actorId, actor_name as actorName, actor_email as actorEmail,
  sign_in as signIn, sign_in_id as signInId, address, host_id as hostId, object_id as objectId, action, decision,
  outcome, error_code as errorCode, request_id as requestId, task_id as taskId, summary,
  previous_hash as previousHash, hash` as const

/**
 * Walks the chain from its beginning to what is its end now, in batches, and stops at the first entry that does not hold.
 * A tail that was cut off leaves a chain that holds: only a head noted elsewhere tells of it.
 */
export async function verifyChain(database: DatabaseSync): Promise<AuditVerification> {
  const last = database.prepare('select max(sequence) as last from audit').get() as { last: number | null }
  const read = database.prepare(
    `select ${columns} from audit where sequence > ? and sequence <= ? order by sequence limit ${batch}`,
  )
  let previous: Pick<AuditEntry, 'sequence' | 'hash'> = { sequence: 0, hash: genesis }
  const result = (broken: AuditVerification['broken']): AuditVerification => ({
    entries: previous.sequence,
    broken,
    head: previous.sequence === 0 ? null : { sequence: previous.sequence, hash: previous.hash },
  })
  // One that is not counted from 1 stands before all others.
  const first = database.prepare('select min(sequence) as first from audit').get() as { first: number | null }
  if (first.first !== null && first.first < 1) return result({ sequence: first.first, fault: 'gap' })
  for (;;) {
    const entries = read.all(previous.sequence, last.last ?? 0) as unknown as AuditEntry[]
    if (entries.length === 0) return result(null)
    for (const entry of entries) {
      const expected = previous.sequence + 1
      if (entry.sequence !== expected) return result({ sequence: expected, fault: 'gap' })
      if (entry.previousHash !== previous.hash) return result({ sequence: expected, fault: 'link' })
      if (entry.hash !== hashOf(entry)) return result({ sequence: expected, fault: 'content' })
      previous = { sequence: entry.sequence, hash: entry.hash }
    }
    await breathe()
  }
}
