import type { DatabaseSync } from 'node:sqlite'
import { setTimeout as pause } from 'node:timers/promises'
import type { AuditEntry, AuditReceiverState } from '#lib/contracts/audit.ts'
import { backoffDelay } from '../../backoff.ts'
import type { Database } from '../../db/schema.ts'
import { AppError } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { toApiError } from '../../messages.ts'
import { columns } from '../chain.ts'

/** Where the log is sent. */
export interface Receiver {
  kind: 'syslog' | 'webhook'
  /** For people; without anything secret. */
  name: string
  /** Resolves when the receiver has taken all. */
  send(entries: readonly AuditEntry[], signal: AbortSignal): Promise<void>
}

export interface Shipping {
  state(): AuditReceiverState[]
  /** What is being sent is given up; it is sent again after the next start. */
  stop(): Promise<void>
}

/** Where a receiver stands. The hash tells whether the log still is the one it was sent from. */
interface Position {
  sequence: number
  hash: string | null
  at: string | null
  /** When it was found that what had been sent is not in the log any more. */
  rewrittenAt: string | null
}

/** Entries sent at once: about 200 kB. */
const batch = 200
/** Milliseconds between two looks at the log, and between attempts at a receiver that fails. */
const defaults = { lookMs: 1000, baseMs: 1000, capMs: 60_000 }

/**
 * Sends the log off the machine, at least once and in order, for each receiver by itself: from where it last acknowledged, over
 * restarts. Nothing waits for it.
 */
export function createShipping(parts: {
  receivers: readonly Receiver[]
  /** For reading the log. */
  raw: DatabaseSync
  db: Database
  log: Log
  times?: Partial<typeof defaults>
}): Shipping {
  const { raw, db, log } = parts
  const times = { ...defaults, ...parts.times }
  const over = new AbortController()
  const read = raw.prepare(`select ${columns} from audit where sequence > ? order by sequence limit ${batch}`)
  const hashAt = raw.prepare('select hash from audit where sequence = ?')
  const newest = raw.prepare('select max(sequence) as sequence from audit')

  const begin = (receiver: Receiver) => {
    const key = `audit_shipped.${receiver.kind}`
    const position: Position = { sequence: 0, hash: null, at: null, rewrittenAt: null }
    let error: AppError | null = null
    const save = async () => {
      const value = JSON.stringify(position)
      await db
        .insertInto('settings')
        .values({ key, value })
        .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
        .execute()
        // On a full disk: after a restart some is sent again.
        .catch(() => {})
    }
    /** Whoever cuts the log off or makes it anew is to be seen at the receiver, too: all is sent again. */
    const checkPast = () => {
      if (position.hash === null || hashAt.get(position.sequence)?.hash === position.hash) return
      Object.assign(position, { sequence: 0, hash: null, rewrittenAt: new Date().toISOString() })
      log.error(
        { receiver: receiver.name },
        'the audit log is not the one that was shipped: it is shipped anew',
      )
    }
    const round = async (): Promise<boolean> => {
      checkPast()
      const entries = read.all(position.sequence) as unknown as AuditEntry[]
      const last = entries.at(-1)
      if (!last) return false
      await receiver.send(entries, over.signal)
      Object.assign(position, { sequence: last.sequence, hash: last.hash, at: new Date().toISOString() })
      await save()
      return entries.length === batch
    }
    const run = async () => {
      const stored = await db.selectFrom('settings').select('value').where('key', '=', key).executeTakeFirst()
      if (stored) Object.assign(position, JSON.parse(stored.value) as Position)
      for (let failures = 0; !over.signal.aborted; ) {
        let more = false
        try {
          more = await round()
          if (error) log.info({ receiver: receiver.name }, 'the audit log is shipped again')
          error = null
          failures = 0
        } catch (cause) {
          if (over.signal.aborted) return
          if (!error) log.warn({ receiver: receiver.name, err: cause }, 'the audit log is not shipped')
          const params = { receiver: receiver.name }
          error = new AppError('audit_not_shipped', { params, detail: words(cause), cause })
          failures++
        }
        if (more) continue
        const wait = failures === 0 ? times.lookMs : backoffDelay(failures, times)
        await pause(wait, undefined, { signal: over.signal }).catch(() => {})
      }
    }
    const running = run().catch((cause: unknown) => {
      log.error({ err: cause }, 'shipping of the audit log ended')
      error = new AppError('internal', { cause })
    })
    return {
      running,
      state: (): AuditReceiverState => ({
        kind: receiver.kind,
        name: receiver.name,
        shipped: position.sequence,
        shippedAt: position.at,
        // Counting them would read them all.
        waiting: Math.max(0, Number(newest.get()?.sequence) - position.sequence),
        rewrittenAt: position.rewrittenAt,
        error: error && toApiError(error),
      }),
    }
  }
  const under = parts.receivers.map(begin)
  return {
    state: () => under.map(({ state }) => state()),
    async stop() {
      over.abort()
      await Promise.all(under.map(({ running }) => running))
    },
  }
}

/** Codes of ours without what only the sentence adds. */
function words(cause: unknown): string {
  return cause instanceof AppError
    ? `${cause.code} ${cause.context.detail ?? ''}`.trim()
    : String((cause as Error).message)
}
