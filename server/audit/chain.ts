import { createHash } from 'node:crypto'
import { setImmediate as breathe } from 'node:timers/promises'
import { sql } from 'kysely'
import type { AuditEntry, AuditVerification } from '#lib/contracts/audit.ts'
import type { Database } from '../db/schema.ts'

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

/** Columns in the order of the contract, of the table by this name. */
export const columnsOf = (table: 'audit' | 'i' | 'e') =>
  (
    [
      'sequence',
      'kind',
      'intent',
      'at',
      'actor_id as actorId',
      'actor_name as actorName',
      'actor_email as actorEmail',
      'sign_in as signIn',
      'sign_in_id as signInId',
      'address',
      'host_id as hostId',
      'object_id as objectId',
      'action',
      'decision',
      'outcome',
      'error_code as errorCode',
      'request_id as requestId',
      'task_id as taskId',
      'summary',
      'previous_hash as previousHash',
      'hash',
    ] as const
  ).map((column) => {
    const [name, alias = name] = column.split(' as ')
    return sql`${sql.ref(`${table}.${name}`)} as ${sql.id(alias as string)}`
  })

const columns = sql.join(columnsOf('audit'))

/** The newest entry; undefined in an empty log. */
export async function newestEntry(db: Database): Promise<{ sequence: number; hash: string } | undefined> {
  const newest = sql<{ sequence: number; hash: string }>`
    select sequence, hash from audit order by sequence desc limit 1`
  return (await newest.execute(db)).rows[0]
}

/** Those after `after` and up to `last`, oldest first, at most `most`. */
export async function entriesAfter(
  db: Database,
  after: number,
  { last = Number.MAX_SAFE_INTEGER, most }: { last?: number; most: number },
): Promise<AuditEntry[]> {
  const read = sql<AuditEntry>`select ${columns} from audit
    where sequence > ${after} and sequence <= ${last} order by sequence limit ${most}`
  return (await read.execute(db)).rows
}

/** The entry with this number, if there is one. */
export async function entryAt(db: Database, sequence: number): Promise<AuditEntry | undefined> {
  const read = sql<AuditEntry>`select ${columns} from audit where sequence = ${sequence}`
  return (await read.execute(db)).rows[0]
}

/**
 * Walks the chain from its beginning to what is its end now, in batches, and stops at the first entry that does not hold.
 * A tail that was cut off leaves a chain that holds: only a head noted elsewhere tells of it.
 */
export async function verifyChain(db: Database): Promise<AuditVerification> {
  const last = (await newestEntry(db))?.sequence ?? 0
  let previous: Pick<AuditEntry, 'sequence' | 'hash'> = { sequence: 0, hash: genesis }
  const result = (broken: AuditVerification['broken']): AuditVerification => ({
    entries: previous.sequence,
    broken,
    head: previous.sequence === 0 ? null : { sequence: previous.sequence, hash: previous.hash },
  })
  // One that is not counted from 1 stands before all others.
  const lowest = sql<{ first: number | null }>`select min(sequence) as first from audit`
  const first = (await lowest.execute(db)).rows[0]?.first ?? null
  if (first !== null && first < 1) return result({ sequence: first, fault: 'gap' })
  for (;;) {
    const entries = await entriesAfter(db, previous.sequence, { last, most: batch })
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
