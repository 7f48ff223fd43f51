import { backoffDelay } from '../backoff.ts'
import type { EngineClient } from '../engine/types.ts'
import { AppError } from '../errors.ts'
import type { Log } from '../log.ts'
import type { MemoryFleet } from './fleet-state.ts'
import type { ReadingReport } from './reading.ts'
import { createResync, type Resync } from './resync.ts'

/** Engines drop events of a slow reader without a word (Docker keeps 256): look at everything again now and then. */
const relistMs = 5 * 60_000
/** Freshness is marked this often while the stream is open and the host answers pings. */
const freshMs = 5000
/** Podman before 5 says nothing of networks (4.3 and 5.4 compared in the lab). */
const networksMs = 10_000

/** Milliseconds; shorter in tests. */
export interface SyncTiming {
  /** For the event stream to begin. A proxy that gathers answers holds back even their head, for ever. */
  openMs: number
  /** Lists wait no longer than this for the stream, of which they are a part when it comes in time. */
  listAnywayMs: number
  /** A stream that lives so long is one. */
  steadyMs: number
  /** Between lists, and between attempts at the stream, without events. */
  everyMs: number
  /** The first look behind a stream that has told nothing yet; the next ones come at twice the time each. */
  silentMs: number
}
export const syncTiming: SyncTiming = {
  openMs: 10_000,
  listAnywayMs: 2000,
  steadyMs: 5000,
  everyMs: 15_000,
  silentMs: 60_000,
}
/** A stream that ends early is tried again so often before it counts as none. */
const fewAttempts = 3

export interface SyncTarget {
  hostId: string
  name: string
  engine: EngineClient
  fleet: MemoryFleet
  log: Log
  reading: ReadingReport
  /** The stream broke: the registry should look at the host now. */
  suspect(): void
  synced(at: Date): void
}

/**
 * Keeps one host's objects equal to its engine's, from `connected` to the abort: subscribes to events first, then lists,
 * then applies; after any gap it lists again. Where events do not come it lists at intervals, and says so. Never throws;
 * ends when aborted.
 */
export async function syncHost(
  target: SyncTarget,
  signal: AbortSignal,
  timing: SyncTiming = syncTiming,
): Promise<void> {
  const sync = new HostSync(target, signal, timing)
  try {
    await sync.run()
  } finally {
    await sync.stop()
  }
}

class HostSync {
  private readonly target: SyncTarget
  private readonly signal: AbortSignal
  private readonly timing: SyncTiming
  private readonly rounds: Resync
  private readonly timers: NodeJS.Timeout[]
  /** Lists at intervals, while there are no events. */
  private polling: NodeJS.Timeout | undefined
  /** Events that the open stream has told. */
  private told = 0

  constructor(target: SyncTarget, signal: AbortSignal, timing: SyncTiming) {
    this.target = target
    this.signal = signal
    this.timing = timing
    this.rounds = createResync(target, signal, () => {
      if (this.told === 0 && !this.polling) this.without(new AppError('events_withheld'))
    })
    const isPodman = target.engine.info?.flavour === 'podman'
    this.timers = [
      setInterval(
        () => this.rounds.relist({ afterGap: this.polling !== undefined }),
        relistMs * (0.8 + Math.random() * 0.4),
      ),
      setInterval(() => {
        if (this.rounds.settled && !this.polling) target.synced(new Date())
      }, freshMs),
      ...(isPodman ? [setInterval(() => this.rounds.relist({ kinds: ['networks'] }), networksMs)] : []),
    ]
  }

  async run(): Promise<void> {
    const { target, signal, timing } = this
    let failures = 0
    while (!signal.aborted) {
      const began = performance.now()
      const { opened, error } = await this.follow()
      if (signal.aborted) return
      target.log.debug({ err: error, hostId: target.hostId }, 'events ended')
      failures = opened && performance.now() - began >= timing.steadyMs ? 1 : failures + 1
      if (isRefusal(error) || failures >= fewAttempts) this.without(error)
      // A clean end is an engine going down as well as a proxy's timeout.
      if (opened) target.suspect()
      await pause(
        this.polling ? timing.everyMs : backoffDelay(failures, { baseMs: 300, capMs: 5000 }),
        signal,
      )
    }
  }

  async stop(): Promise<void> {
    for (const timer of this.timers) clearInterval(timer)
    clearInterval(this.polling)
    await this.rounds.stop()
  }

  /** One stream, from its beginning to its end. */
  private async follow(): Promise<{ opened: boolean; error: unknown }> {
    const { target, timing, rounds } = this
    const stream = new AbortController()
    const forward = () => stream.abort()
    this.signal.addEventListener('abort', forward)
    const timers = [setTimeout(() => this.polling || rounds.relist({ afterGap: true }), timing.listAnywayMs)]
    let opened = false
    this.told = 0
    try {
      const events = await target.engine.events({ signal: stream.signal, timeoutMs: timing.openMs })
      opened = true
      clearTimeout(timers[0])
      // Read from now on, also while the lists are under way: an engine throws away what nobody takes.
      if (!this.polling) rounds.relist({ afterGap: true })
      timers.push(
        setTimeout(() => {
          if (this.told > 0 || !this.isWithheld) this.withEvents()
        }, timing.steadyMs),
        ...this.looksBehindSilence(),
      )
      for await (const event of events) {
        this.told++
        if (this.isWithheld) this.withEvents()
        rounds.note(event)
      }
      return { opened, error: new AppError('events_ended') }
    } catch (error) {
      return { opened, error: opened || !isSilence(error) ? error : new AppError('events_withheld') }
    } finally {
      for (const timer of timers) clearTimeout(timer)
      this.signal.removeEventListener('abort', forward)
      stream.abort()
    }
  }

  /** A stream whose head came through and whose events are held back looks like a quiet host: only a list tells. */
  private looksBehindSilence(): NodeJS.Timeout[] {
    return [1, 3, 7, 15].map((times) =>
      setTimeout(() => {
        if (this.told === 0 && !this.polling) this.rounds.relist({ kinds: ['containers'] })
      }, times * this.timing.silentMs),
    )
  }

  private isWithheld = false

  private without(error: unknown): void {
    const { everyMs } = this.timing
    this.isWithheld = error instanceof AppError && error.code === 'events_withheld'
    this.target.reading.events({ error, everySeconds: Math.round(everyMs / 1000) })
    if (this.polling) return
    this.rounds.relist({ afterGap: true })
    this.polling = setInterval(() => this.rounds.relist(), everyMs)
  }

  private withEvents(): void {
    this.isWithheld = false
    if (!this.polling) return
    clearInterval(this.polling)
    this.polling = undefined
    this.target.reading.events(null)
    this.rounds.relist({ afterGap: true })
  }
}

/** The engine, or what stands before it, has answered, or lets nothing through: trying again at once is no use. */
const isRefusal = (error: unknown) =>
  error instanceof AppError &&
  (error.code === 'events_withheld' || error.context.params?.status !== undefined)
const isSilence = (error: unknown) => error instanceof AppError && error.code === 'host_unresponsive'

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', over)
      resolve()
    }
    const timer = setTimeout(over, milliseconds)
    signal.addEventListener('abort', over)
  })
}
