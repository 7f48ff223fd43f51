import type { LogPosition, LogSource } from '#lib/contracts/logs.ts'
import { backoffDelay } from '../../backoff.ts'
import type { LogLine } from '../../engine/logs.ts'
import type { EngineClient } from '../../engine/types.ts'
import { AppError } from '../../errors.ts'
import type { FleetState } from '../../fleet/fleet.ts'
import type { HostRegistry } from '../../fleet/host-registry.ts'
import { sleep, untilOnline } from '../../fleet/waiting.ts'
import { LogCursor } from './cursor.ts'
import { Polled } from './polled.ts'
import { Repeats } from './repeats.ts'
import { type LogItem, readOn, readOnAfter } from './resume.ts'
import { runBegan, untilStarted } from './wait-until-running.ts'

/** What a shared tail keeps for its viewers. A viewer that falls behind it reads from the engine by itself. */
const ringLines = 50_000
const ringCharacters = 16 * 1024 * 1024
/** Lines and characters that not even the fastest viewer has taken; above them the engine is not read on. */
const aheadLines = 1000
const aheadCharacters = 2 * 1024 * 1024
/** Entries that a viewer takes at once: the rest stays shared. */
const handedEntries = 250

export type TailState = { state: LogSource['state']; error: AppError | null }

export interface TailReader {
  /**
   * Entries after the position and since the last call, at least one; or 'behind' when the tail no longer has them; or null at the end of
   * the container's log (it was removed, cannot be read, or the signal aborted).
   */
  next(signal: AbortSignal): Promise<readonly LogItem[] | 'behind' | null>
  leave(): void
}

/** Where a viewer is: entries and characters before it. */
interface Place {
  at: number
  taken: number
  left: boolean
}

/**
 * One engine stream of one container's log, for all who follow it. Goes on over cuts of the engine, over stops and
 * starts of the container; ends after the last viewer left.
 */
export class SharedTail {
  private entries: LogItem[] = []
  private characters = 0
  /** Of all entries, from the tail's beginning. */
  private written = 0
  /** Number of the first entry kept; entries are counted from the tail's beginning. */
  private first = 0
  /** The latest time among what was thrown away. */
  private evicted: bigint | null = null
  private readonly start: bigint
  private readonly readers = new Set<Place>()
  private readonly watchers = new Set<() => void>()
  private readonly abort = new AbortController()
  private status: TailState = { state: 'reading', error: null }
  private over = false
  private readonly hostId: string
  private readonly id: string
  private readonly parts: { registry: HostRegistry; fleet: FleetState }
  private readonly empty: () => void

  constructor(
    container: { hostId: string; id: string; tty: boolean; isPolled: boolean },
    position: LogPosition | null,
    parts: { registry: HostRegistry; fleet: FleetState },
    empty: () => void,
  ) {
    this.hostId = container.hostId
    this.id = container.id
    this.parts = parts
    this.empty = empty
    this.start = BigInt(position?.since ?? 0)
    void this.pump(container, position)
  }

  get current(): TailState {
    return this.status
  }

  /** Called at each change of state. */
  watch(listener: () => void): () => void {
    this.watchers.add(listener)
    return () => this.watchers.delete(listener)
  }

  /** Null when the lines after that position are not all kept (any more). */
  join(position: LogPosition | null): TailReader | null {
    const since = BigInt(position?.since ?? 0)
    if (since < this.start || (this.evicted !== null && since <= this.evicted)) return null
    let toSkip = position?.skip ?? 0
    const place: Place = { at: this.first, taken: this.written - this.characters, left: false }
    this.readers.add(place)
    this.wake()
    return {
      next: async (signal) => {
        for (;;) {
          if (place.at < this.first) return 'behind'
          const fresh: LogItem[] = []
          const from = place.at - this.first
          const entries = this.entries.slice(from, from + handedEntries)
          for (const entry of entries) {
            // What the viewer had before it came, in the engine's order.
            if ('gap' in entry) {
              toSkip = 0
              fresh.push(entry)
              continue
            }
            place.taken += entry.line.text.length
            if (toSkip === 0) fresh.push(entry)
            else if (entry.line.time >= since) toSkip--
          }
          place.at += entries.length
          // Only when something was taken: two idle readers would wake each other for ever.
          if (entries.length > 0) this.wake()
          if (fresh.length > 0) return fresh
          if (entries.length > 0) continue
          if (this.over || signal.aborted) return null
          await this.changed(signal)
        }
      },
      leave: () => {
        if (place.left) return
        place.left = true
        this.readers.delete(place)
        if (this.readers.size > 0) return this.wake()
        this.abort.abort()
        this.empty()
      },
    }
  }

  private readonly sleepers = new Set<() => void>()

  private wake(): void {
    for (const wake of Array.from(this.sleepers)) wake()
  }

  private changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.sleepers.delete(done)
        signal.removeEventListener('abort', done)
        resolve()
      }
      this.sleepers.add(done)
      signal.addEventListener('abort', done)
    })
  }

  private become(state: TailState['state'], error: AppError | null = null): void {
    if (this.status.state === state && this.status.error?.code === error?.code) return
    this.status = { state, error }
    for (const watcher of this.watchers) watcher()
  }

  private push(entry: LogItem): void {
    this.entries.push(entry)
    if ('line' in entry) {
      this.characters += entry.line.text.length
      this.written += entry.line.text.length
    }
    if (this.entries.length > ringLines || this.characters > ringCharacters) this.evict()
  }

  /** A tenth at once: taking the first of fifty thousand entries away moves all the others. */
  private evict(): void {
    let gone = 0
    while (
      gone < this.entries.length - 1 &&
      (this.entries.length - gone > 0.9 * ringLines || this.characters > 0.9 * ringCharacters)
    ) {
      const entry = this.entries[gone++]
      if (!entry || 'gap' in entry) continue
      this.characters -= entry.line.text.length
      if (this.evicted === null || entry.line.time > this.evicted) this.evicted = entry.line.time
    }
    this.entries.splice(0, gone)
    this.first += gone
  }

  private *lines(): Generator<LogLine> {
    for (const entry of this.entries) if ('line' in entry) yield entry.line
  }

  /** The last lines, or null when so many are not kept. */
  private lastLines(count: number): LogLine[] | null {
    const lines: LogLine[] = []
    for (let index = this.entries.length - 1; index >= 0 && lines.length < count; index--) {
      const entry = this.entries[index] as LogItem
      if ('line' in entry) lines.push(entry.line)
    }
    return lines.length === count ? lines.toReversed() : null
  }

  /** Whether even the fastest viewer is behind: it sets the pace, so that one slow viewer alone pauses the engine. */
  private isAhead(): boolean {
    const end = this.first + this.entries.length
    for (const place of this.readers) {
      if (end - place.at <= aheadLines && this.written - place.taken <= aheadCharacters) return false
    }
    return this.readers.size > 0
  }

  private async pump(
    { tty, isPolled }: { tty: boolean; isPolled: boolean },
    begin: LogPosition | null,
  ): Promise<void> {
    const { registry, fleet } = this.parts
    const { signal } = this.abort
    const cursor = new LogCursor(BigInt(begin?.since ?? 0))
    const repeats = new Repeats()
    const polled = new Polled()
    let failures = 0
    let firstTime = true
    while (!signal.aborted) {
      const engine = await this.engine(registry)
      if (!engine) break
      const position = firstTime ? begin : (cursor.position() ?? begin)
      const startedAt = fleet.get('containers', this.hostId, this.id)?.startedAt ?? null
      try {
        this.become('following')
        const answer = await engine.containers.logs(this.id, {
          // Of one that has ended there is nothing to follow: Podman's reader lets lines fall where it finds it ended.
          tty,
          follow: !isPolled && this.isRunning(),
          signal,
          runBegan: () => runBegan(fleet, this.hostId, this.id),
          ...(position ? { since: BigInt(position.since) } : {}),
        })
        const lines = isPolled ? polled.settled(answer, () => this.isRunning()) : answer
        const passed = firstTime ? null : this.lastLines(position?.skip ?? 0)
        for await (const item of passed ? readOnAfter(lines, passed) : readOn(lines, position)) {
          if ('gap' in item) this.push(item)
          else if ((firstTime || item.isNew) && !repeats.isRepeat(item.line, () => this.lines())) {
            cursor.pass(item.line.time)
            // The very first reading keeps what its viewer has passed, so that others can count as well.
            this.push({ line: item.line, isNew: true })
          }
          failures = 0
          this.wake()
          while (this.isAhead() && !signal.aborted) await this.changed(signal)
        }
        firstTime &&= cursor.passed === 0
        // The engine ends a followed log when the container ends.
        if (signal.aborted) break
        const container = fleet.get('containers', this.hostId, this.id)
        if (!container) break
        if (!this.isRunning()) {
          this.become('stopped')
          if (!(await untilStarted(fleet, { hostId: this.hostId, id: this.id, startedAt }, signal))) break
        } else if (isPolled) await sleep(pollMs, signal)
        else await sleep(backoffDelay(++failures, { baseMs: 200, capMs: 2000 }), signal)
      } catch (error) {
        if (signal.aborted) break
        firstTime &&= cursor.passed === 0
        const known = error instanceof AppError ? error : new AppError('internal', { cause: error })
        if (known.code === 'container_not_found') break
        if (final.has(known.code)) {
          this.become('failed', known)
          this.over = true
          this.wake()
          return
        }
        await sleep(backoffDelay(++failures, { baseMs: 200, capMs: 3000 }), signal)
      }
    }
    this.over = true
    this.become('ended')
    this.wake()
  }

  private isRunning(): boolean {
    const state = this.parts.fleet.get('containers', this.hostId, this.id)?.state
    return state === 'running' || state === 'paused'
  }

  private async engine(registry: HostRegistry): Promise<EngineClient | null> {
    try {
      return registry.engine(this.hostId)
    } catch (error) {
      this.become('away', error instanceof AppError ? error : null)
      return untilOnline(registry, this.hostId, this.abort.signal)
    }
  }
}

/** Milliseconds between two readings of a log that is not followed. */
const pollMs = 250
/** Waiting does not heal these. */
const final: ReadonlySet<string> = new Set(['log_unreadable', 'engine_answer_invalid', 'internal'])
