import type { Host, HostReading } from '#lib/contracts/hosts.ts'
import type { ObjectKind } from '#lib/fleet/kinds.ts'
import type { OddRow } from '../engine/document.ts'
import { AppError } from '../errors.ts'
import type { Log } from '../log.ts'
import { sentence } from '../messages.ts'

/** What the live state tells of a host that can be pinged: whether its objects can be read, too. */
export interface ReadingReport {
  failed(kind: ObjectKind, error: unknown): void
  /** The kind was read; rows that were left out are told. */
  read(kind: ObjectKind, odd: readonly OddRow[]): void
  /** Why the engine tells no changes, so that its lists are read at intervals; null when it does. */
  events(without: { error: unknown; everySeconds: number } | null): void
}

/** Milliseconds by which a clock may be off. An answer's time is of whole seconds, and it takes some to come. */
const mostOffMs = 60_000
/** Characters of the engine's words that are kept of an odd row. */
const mostDetail = 300

/** The reading of one host: what it last failed with and since when. Each change is announced, and is one line in the log. */
export class ReadingStatus implements ReadingReport {
  private readonly failures = new Map<ObjectKind, HostReading['failed'][number]>()
  private readonly oddRows = new Map<ObjectKind, HostReading['odd'][number]>()
  private withoutEvents: HostReading['withoutEvents'] = null
  private otherEngine: HostReading['notices'][number] | null = null
  private clock: HostReading['notices'][number] | null = null
  private readonly log: Log
  private readonly changed: () => void

  /** @param log bears the host's name and id */
  constructor(log: Log, changed: () => void) {
    this.log = log
    this.changed = changed
  }

  view(): HostReading {
    return {
      failed: [...this.failures.values()],
      odd: [...this.oddRows.values()],
      withoutEvents: this.withoutEvents,
      notices: [this.otherEngine, this.clock].filter((notice) => notice !== null),
    }
  }

  failed(kind: ObjectKind, reason: unknown): void {
    const error = toHostError(ofAnEngine(reason))
    const known = this.failures.get(kind)
    this.failures.set(kind, { kind, since: known?.since ?? new Date().toISOString(), error })
    if (known?.error.code === error.code) return
    this.log.warn({ kind, code: error.code, detail: error.detail }, 'cannot be read')
    this.changed()
  }

  read(kind: ObjectKind, odd: readonly OddRow[]): void {
    const wasFailing = this.failures.delete(kind)
    if (wasFailing) this.log.info({ kind }, 'is read again')
    const before = this.oddRows.get(kind)
    const [first] = odd
    if (first) {
      const { name, detail } = first
      this.oddRows.set(kind, { kind, count: odd.length, name, detail: detail.slice(0, mostDetail) })
    } else this.oddRows.delete(kind)
    const isOther = (before?.count ?? 0) !== odd.length
    if (isOther && first) this.log.warn({ kind, rows: odd.length, ...first }, 'rows cannot be read')
    else if (isOther) this.log.info({ kind }, 'all rows are read again')
    if (wasFailing || isOther || before?.name !== first?.name) this.changed()
  }

  events(without: { error: unknown; everySeconds: number } | null): void {
    const before = this.withoutEvents
    if (!without) {
      if (!before) return
      this.withoutEvents = null
      this.log.info({}, 'events come again')
      this.changed()
      return
    }
    const error = toHostError(ofAnEngine(without.error))
    const { everySeconds } = without
    this.withoutEvents = { since: before?.since ?? new Date().toISOString(), everySeconds, error }
    if (before?.error.code === error.code) return
    this.log.warn(
      { code: error.code, detail: error.detail, everySeconds },
      'without events: lists are read at intervals',
    )
    this.changed()
  }

  /** Another engine answers at the address than the one before. Said once, and shown until the host is edited or we restart. */
  isOther(before: string, now: string): void {
    const error = toHostError(new AppError('engine_changed', { detail: `${before} → ${now}` }))
    this.otherEngine = { since: new Date().toISOString(), error }
    this.log.warn({ before, now }, 'another engine answers at the address')
    this.changed()
  }

  /** The address is another one: whose engine is there is no surprise. */
  forgetEngine(): void {
    this.otherEngine = null
  }

  /** @param aheadMs by which the engine's clock is ahead of ours; null when it does not say */
  clockIs(aheadMs: number | null): void {
    const off = Math.abs(aheadMs ?? 0)
    if (aheadMs !== null && off > mostOffMs && !this.clock) {
      const params = { seconds: Math.round(off / 1000) }
      const error = toHostError(new AppError(aheadMs > 0 ? 'clock_ahead' : 'clock_behind', { params }))
      this.clock = { since: new Date().toISOString(), error }
      this.log.warn({ aheadSeconds: Math.round(aheadMs / 1000) }, 'the clock differs from ours')
      this.changed()
    } else if (this.clock && off < mostOffMs / 2) {
      this.clock = null
      this.log.info({}, 'the clock is right again')
      this.changed()
    }
  }

  /** The connection has ended: its own error says more, and what is read after it is read anew. */
  clear(): void {
    this.failures.clear()
    this.oddRows.clear()
    this.withoutEvents = null
  }
}

/** It has shown that it is an engine: of one answer that is none's the address is not to blame. */
function ofAnEngine(reason: unknown): unknown {
  if (!(reason instanceof AppError) || reason.code !== 'not_an_engine') return reason
  return new AppError('engine_answer_invalid', reason.context)
}

/** Any error as the pages are shown it. */
export function toHostError(reason: unknown): NonNullable<Host['error']> {
  const error =
    reason instanceof AppError ? reason : new AppError('internal', { detail: String(reason), cause: reason })
  const { code, context } = error
  return {
    code,
    message: sentence(code, context.params),
    detail: context.detail,
    ...(context.params ? { params: context.params } : {}),
  }
}
