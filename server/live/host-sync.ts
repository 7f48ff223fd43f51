import type { EngineClient } from '../engine/types.ts'
import type { Log } from '../log.ts'
import { backoffDelay } from './backoff.ts'
import type { MemoryFleet } from './fleet-state.ts'
import { createRefreshRounds, type RefreshRounds } from './refresh-rounds.ts'

/** Engines drop events of a slow reader without a word (Docker keeps 256): look at everything again now and then. */
const relistMs = 5 * 60_000
/** Freshness is marked this often while the stream is open and the host answers pings. */
const freshMs = 5000
/** Podman before 5 says nothing of networks (4.3 and 5.4 compared in the lab). */
const networksMs = 10_000

export interface SyncTarget {
  hostId: string
  name: string
  engine: EngineClient
  fleet: MemoryFleet
  log: Log
  /** The stream broke: the registry should look at the host now. */
  suspect(): void
  synced(at: Date): void
}

/**
 * Keeps one host's objects equal to its engine's, from `connected` to the abort: subscribes to events first, then lists,
 * then applies; after any gap it lists again. Never throws; ends when aborted.
 */
export async function syncHost(target: SyncTarget, signal: AbortSignal): Promise<void> {
  let failures = 0
  while (!signal.aborted) {
    const stream = new AbortController()
    const both = AbortSignal.any([signal, stream.signal])
    const rounds = createRefreshRounds(target, both)
    try {
      const events = await target.engine.events({ signal: both })
      // Read from now on, also while the lists are under way: an engine throws away what nobody takes.
      const reading = (async () => {
        for await (const event of events) rounds.note(event)
      })()
      await Promise.race([rounds.first(), reading.then(() => Promise.reject(new Error('The stream ended.')))])
      failures = 0
      await following(target, rounds, reading)
    } catch (error) {
      if (!signal.aborted) target.log.debug({ err: error, hostId: target.hostId }, 'events ended')
    } finally {
      stream.abort()
      await rounds.stop()
    }
    if (signal.aborted) return
    // A clean end is an engine going down as well as a proxy's timeout.
    target.suspect()
    failures++
    await pause(backoffDelay(failures, { baseMs: 300, capMs: 5000 }), signal)
  }
}

/** Until the stream ends: marks freshness, and everything as unsure every few minutes. */
async function following(target: SyncTarget, rounds: RefreshRounds, reading: Promise<void>): Promise<void> {
  const relist = setInterval(() => rounds.relist(), relistMs * (0.8 + Math.random() * 0.4))
  const isPodman = target.engine.info?.flavour === 'podman'
  const networks = isPodman ? setInterval(() => rounds.relist(['networks']), networksMs) : undefined
  const fresh = setInterval(() => {
    if (rounds.settled) target.synced(new Date())
  }, freshMs)
  try {
    await reading
  } finally {
    clearInterval(relist)
    clearInterval(networks)
    clearInterval(fresh)
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
