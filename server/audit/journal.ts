import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import type { AuditEntry } from '#lib/contracts/audit.ts'
import { sqliteFault } from '../db/sqlite-errors.ts'
import { AppError } from '../errors.ts'
import type { Log } from '../log.ts'
import { sentence } from '../messages.ts'
import { genesis, hashOf } from './chain.ts'

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
  /** The connection, for reading. */
  readonly raw: DatabaseSync
  /** Writes what is owed, as far as it can. */
  close(): void
}

/** SQLite's code for a database that another connection is writing to. */
const busy = 5
/** Milliseconds: between two attempts while another writes, and for how long; between two attempts to write what is owed. */
const again = { busy: 50, busyFor: 5000, owed: 1000 }
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
 * The chain's only writer, on a connection of its own: no transaction of others can take an entry back, and each commit is
 * synced to the disk. What comes at once is written at once, with one sync.
 */
export function openJournal(dataFolder: string, log: Log): Journal {
  const raw = new DatabaseSync(join(dataFolder, 'roadstead.db'))
  // fullfsync: fsync alone reaches only the drive's cache on macOS (sqlite.org/pragma.html#pragma_fullfsync).
  raw.exec('PRAGMA busy_timeout = 0; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON')
  // Against our own mistakes, not against who holds the file: that is what the chain is for.
  for (const change of ['update', 'delete'])
    raw.exec(
      `create trigger if not exists audit_no_${change} before ${change} on audit begin select raise(abort, 'append only'); end`,
    )
  const newest = raw.prepare('select sequence, hash from audit order by sequence desc limit 1')
  const insert = raw.prepare(
    `insert into audit (sequence, kind, intent, at, actor_id, actor_name, actor_email, sign_in, sign_in_id, address,
      host_id, object_id, action, decision, outcome, error_code, request_id, task_id, summary, previous_hash, hash)
    values (:sequence, :kind, :intent, :at, :actorId, :actorName, :actorEmail, :signIn, :signInId, :address, :hostId,
      :objectId, :action, :decision, :outcome, :errorCode, :requestId, :taskId, :summary, :previousHash, :hash)`,
  )
  type Waiting = { draft: Draft; done(sequence: number): void; failed?: (error: AppError) => void }
  let waiting: Waiting[] = []
  let owed: Waiting[] = []
  let started = false
  let closed = false
  let scheduled: NodeJS.Immediate | undefined
  let retry: NodeJS.Timeout | undefined
  let busySince: number | null = null

  const write = (drafts: readonly Draft[]): number[] => {
    raw.exec('BEGIN IMMEDIATE')
    try {
      const head = newest.get() as { sequence: number; hash: string } | undefined
      let { sequence, hash } = head ?? { sequence: 0, hash: genesis }
      const put = (draft: Draft): number => {
        const entry = { ...draft, sequence: ++sequence, at: new Date().toISOString(), previousHash: hash }
        hash = hashOf(entry)
        insert.run({ ...entry, hash } as Record<string, SQLInputValue>)
        return sequence
      }
      // In the same transaction as the first entries: what ended with the server is told before anything new.
      if (!started) for (const draft of beginning(raw)) put(draft)
      const sequences = drafts.map(put)
      raw.exec('COMMIT')
      started = true
      return sequences
    } catch (error) {
      // Some failures (a full disk) have rolled back already.
      if (raw.isTransaction) raw.exec('ROLLBACK')
      throw error
    }
  }
  const flush = () => {
    clearImmediate(scheduled)
    clearTimeout(retry)
    scheduled = retry = undefined
    const batch = [...owed, ...waiting]
    try {
      const sequences = write(batch.map(({ draft }) => draft))
      owed = []
      waiting = []
      busySince = null
      for (const [index, each] of batch.entries()) each.done(sequences[index] as number)
    } catch (error) {
      busySince ??= Date.now()
      if ((error as { errcode?: number }).errcode === busy && Date.now() - busySince < again.busyFor) {
        if (!closed) retry = setTimeout(flush, again.busy)
        return
      }
      busySince = null
      log.error({ err: error, owed: owed.length }, 'the audit log could not be written')
      const refused = waiting
      waiting = []
      for (const each of refused) {
        if (each.failed) each.failed(new AppError('audit_unavailable', { detail: why(error), cause: error }))
        else {
          if (owed.length < mostOwed) owed.push(each)
          each.done(0)
        }
      }
      if (!closed) retry = setTimeout(flush, again.owed).unref()
    }
  }
  const soon = (entry: Waiting) => {
    waiting.push(entry)
    // While another connection writes, its turn is awaited for all.
    if (busySince === null) scheduled ??= setImmediate(flush)
  }
  flush()
  return {
    raw,
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
    close() {
      closed = true
      if (waiting.length + owed.length > 0) flush()
      clearImmediate(scheduled)
      clearTimeout(retry)
      raw.close()
    },
  }
}

/** What is wrong with the disk, in the words for it. */
function why(error: unknown): string | undefined {
  const fault = sqliteFault(error)
  return fault ? sentence(fault) : undefined
}

/** Of intents from before that have no outcome: it is unknown, and from now on told so. Then, that the server began. */
function beginning(raw: DatabaseSync): Draft[] {
  // What began before the last start was reconciled then.
  const open = raw
    .prepare(
      `select sequence, action, host_id as hostId, object_id as objectId, task_id as taskId, summary from audit as i
      where kind = 'intent' and not exists (select 1 from audit as o where o.intent = i.sequence)
        and sequence > coalesce((select max(sequence) from audit where action = 'server.started'), 0)
      order by sequence`,
    )
    .all() as unknown as (Pick<AuditEntry, 'sequence' | 'action' | 'hostId' | 'objectId' | 'taskId'> & {
    summary: string
  })[]
  return [
    ...open.map(
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
