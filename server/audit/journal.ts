import { sql } from 'kysely'
import type { AuditEntry } from '#lib/contracts/audit.ts'
import type { Database } from '../db/schema.ts'
import { sqliteFault } from '../db/sqlite-errors.ts'
import { AppError } from '../errors.ts'
import type { Log } from '../log.ts'
import { sentence } from '../messages.ts'
import { genesis, hashOf, newestEntry } from './chain.ts'

/** An entry before it has its place in the chain. */
export type Draft = Omit<AuditEntry, 'sequence' | 'at' | 'previousHash' | 'hash'>

export interface Journal {
  /** Resolves when the entry is on the disk. Throws audit_unavailable when it could not be written. */
  append(draft: Draft): Promise<number>
  /**
   * For what has happened already. Resolves when it is on the disk, or has to wait until writing goes again: it then goes
   * before any other entry. Never rejects.
   */
  owe(draft: Draft): Promise<void>
  /** Writes what is owed, as far as it can. */
  close(): Promise<void>
}

/** Milliseconds between two attempts to write what is owed. */
const againMs = 1000
/** Denials that wait while nothing can be written; outcomes are as few as what is under way. */
const mostOwed = 5000

/** What no actor asked for. */
export const nobody = {
  intent: null,
  actorId: null,
  actorName: null,
  actorEmail: null,
  signIn: null,
  signInId: null,
  address: null,
  hostId: null,
  objectId: null,
  errorCode: null,
  requestId: null,
  taskId: null,
} as const

/**
 * The chain's only writer. What comes at once is written at once, with one sync. Resolves when it was written that the server
 * began, or could not be.
 * @param db a connection of its own: no transaction of others can take an entry back, and each commit is synced to the disk.
 * Closed with the journal.
 */
export async function openJournal(db: Database, log: Log): Promise<Journal> {
  type Waiting = { draft: Draft; done(sequence: number): void; failed?: (error: AppError) => void }
  let waiting: Waiting[] = []
  let owed: Waiting[] = []
  let started = false
  let closed = false
  let writing: Promise<void> | null = null
  let retry: NodeJS.Timeout | undefined

  const write = async (drafts: readonly Draft[]): Promise<number[]> => {
    const sequences = await db.transaction().execute(async (transaction) => {
      let { sequence, hash } = (await newestEntry(transaction)) ?? { sequence: 0, hash: genesis }
      const put = async (draft: Draft): Promise<number> => {
        const entry = { ...draft, sequence: ++sequence, at: new Date().toISOString(), previousHash: hash }
        hash = hashOf(entry)
        await insert(transaction, { ...entry, hash })
        return sequence
      }
      // In the same transaction as the first entries: what ended with the server is told before anything new.
      if (!started) for (const draft of await beginning(transaction)) await put(draft)
      const numbers: number[] = []
      for (const draft of drafts) numbers.push(await put(draft))
      return numbers
    })
    started = true
    return sequences
  }
  const writeAll = async () => {
    clearTimeout(retry)
    const batch = [...owed, ...waiting]
    const fresh = new Set(waiting)
    owed = []
    waiting = []
    try {
      const sequences = await write(batch.map(({ draft }) => draft))
      for (const [index, each] of batch.entries()) each.done(sequences[index] as number)
    } catch (error) {
      log.error({ err: error, owed: batch.length - fresh.size }, 'the audit log could not be written')
      for (const each of batch) {
        if (each.failed) each.failed(new AppError('audit_unavailable', { detail: why(error), cause: error }))
        else {
          if (!fresh.has(each) || owed.length < mostOwed) owed.push(each)
          if (fresh.has(each)) each.done(0)
        }
      }
      if (!closed) retry = setTimeout(flush, againMs).unref()
    }
  }
  /** One batch at a time: what comes meanwhile is the next one. */
  const flush = () => {
    writing ??= (async () => {
      try {
        await new Promise(setImmediate)
        do await writeAll()
        while (waiting.length > 0)
      } finally {
        writing = null
      }
    })()
  }
  const soon = (entry: Waiting) => {
    waiting.push(entry)
    flush()
  }
  flush()
  await writing
  return {
    append: (draft) =>
      new Promise((done, failed) => {
        if (closed) failed(new AppError('shutting_down'))
        else soon({ draft, done, failed })
      }),
    owe: (draft) =>
      new Promise((done) => {
        if (closed) done()
        else soon({ draft, done: () => done() })
      }),
    async close() {
      closed = true
      await writing
      if (owed.length > 0) await writeAll()
      clearTimeout(retry)
      await db.destroy()
    },
  }
}

async function insert(db: Database, entry: AuditEntry): Promise<void> {
  const row = {
    sequence: entry.sequence,
    kind: entry.kind,
    intent: entry.intent,
    at: entry.at,
    actor_id: entry.actorId,
    actor_name: entry.actorName,
    actor_email: entry.actorEmail,
    sign_in: entry.signIn,
    sign_in_id: entry.signInId,
    address: entry.address,
    host_id: entry.hostId,
    object_id: entry.objectId,
    action: entry.action,
    decision: entry.decision,
    outcome: entry.outcome,
    error_code: entry.errorCode,
    request_id: entry.requestId,
    task_id: entry.taskId,
    summary: entry.summary,
    previous_hash: entry.previousHash,
    hash: entry.hash,
  }
  const names = sql.join(Object.keys(row).map((name) => sql.id(name)))
  await sql`insert into audit (${names}) values (${sql.join(Object.values(row))})`.execute(db)
}

/** What is wrong with the disk, in the words for it. */
function why(error: unknown): string | undefined {
  const fault = sqliteFault(error)
  return fault ? sentence(fault) : undefined
}

/** Of intents from before that have no outcome: it is unknown, and from now on told so. Then, that the server began. */
async function beginning(db: Database): Promise<Draft[]> {
  // What began before the last start was reconciled then.
  const open = sql<Pick<AuditEntry, 'sequence' | 'action' | 'hostId' | 'objectId' | 'taskId' | 'summary'>>`
    select sequence, action, host_id as "hostId", object_id as "objectId", task_id as "taskId", summary from audit as i
    where kind = 'intent' and not exists (select 1 from audit as o where o.intent = i.sequence)
      and sequence > coalesce((select max(sequence) from audit where action = 'server.started'), 0)
    order by sequence`
  return [
    ...(await open.execute(db)).rows.map(
      ({ sequence, ...about }): Draft => ({
        ...nobody,
        ...about,
        kind: 'outcome',
        intent: sequence,
        decision: 'allowed',
        outcome: 'unknown',
        errorCode: 'server_ended',
      }),
    ),
    {
      ...nobody,
      kind: 'event',
      action: 'server.started',
      decision: 'allowed',
      outcome: 'succeeded',
      summary: '',
    },
  ]
}
