import type { AuditEntry, AuditReceiverState } from '#lib/contracts/audit.ts'
import type { Database } from '../../db/schema.ts'
import { keepSending, type sendingTimes } from '../../delivery/sending.ts'
import { AppError } from '../../errors.ts'
import type { Log } from '../../log.ts'
import { toApiError } from '../../messages.ts'
import { entriesAfter, entryAt } from '../chain.ts'

/** Where the log is sent. */
export interface Receiver {
  kind: 'syslog' | 'webhook'
  /** For people; without anything secret. */
  name: string
  /** Resolves when the receiver has taken all. */
  send(entries: readonly AuditEntry[], signal: AbortSignal): Promise<void>
}

export interface Shipping {
  /** @param newest sequence of the log's newest entry */
  state(newest: number): AuditReceiverState[]
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

/**
 * Sends the log off the machine, at least once and in order, for each receiver by itself: from where it last acknowledged, over
 * restarts. Nothing waits for it.
 */
export function createShipping(parts: {
  receivers: readonly Receiver[]
  db: Database
  log: Log
  times?: Partial<typeof sendingTimes>
}): Shipping {
  const under = parts.receivers.map((receiver) => shipTo(receiver, parts))
  return {
    state: (newest) => under.map(({ state }) => state(newest)),
    async stop() {
      await Promise.all(under.map(({ stop }) => stop()))
    },
  }
}

function shipTo(
  receiver: Receiver,
  { db, log, times = {} }: Pick<Parameters<typeof createShipping>[0], 'db' | 'log' | 'times'>,
) {
  const key = `audit_shipped.${receiver.kind}`
  const position: Position = { sequence: 0, hash: null, at: null, rewrittenAt: null }
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
  const checkPast = async () => {
    if (position.hash === null || (await entryAt(db, position.sequence))?.hash === position.hash) return
    Object.assign(position, { sequence: 0, hash: null, rewrittenAt: new Date().toISOString() })
    log.error(
      { receiver: receiver.name },
      'the audit log is not the one that was shipped: it is shipped anew',
    )
  }
  const sending = keepSending({
    async begin() {
      const stored = await db.selectFrom('settings').select('value').where('key', '=', key).executeTakeFirst()
      if (stored) Object.assign(position, JSON.parse(stored.value) as Position)
    },
    async round(signal) {
      await checkPast()
      const entries = await entriesAfter(db, position.sequence, { most: batch })
      const last = entries.at(-1)
      if (!last) return false
      await receiver.send(entries, signal)
      Object.assign(position, { sequence: last.sequence, hash: last.hash, at: new Date().toISOString() })
      await save()
      return entries.length === batch
    },
    failed: (cause) => log.warn({ receiver: receiver.name, err: cause }, 'the audit log is not shipped'),
    recovered: () => log.info({ receiver: receiver.name }, 'the audit log is shipped again'),
    ended: (cause) => log.error({ err: cause }, 'shipping of the audit log ended'),
    times,
  })
  return {
    stop: sending.stop,
    state(newest: number): AuditReceiverState {
      const cause = sending.error()
      const params = { receiver: receiver.name }
      const error =
        cause === null ? null : new AppError('audit_not_shipped', { params, detail: words(cause), cause })
      return {
        kind: receiver.kind,
        name: receiver.name,
        shipped: position.sequence,
        shippedAt: position.at,
        // Counting them would read them all.
        waiting: Math.max(0, newest - position.sequence),
        rewrittenAt: position.rewrittenAt,
        error: error && toApiError(error),
      }
    },
  }
}

/** Codes of ours without what only the sentence adds. */
function words(cause: unknown): string {
  return cause instanceof AppError
    ? `${cause.code} ${cause.context.detail ?? ''}`.trim()
    : String((cause as Error).message)
}
