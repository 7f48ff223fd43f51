import { setTimeout as pause } from 'node:timers/promises'
import { backoffDelay } from '../backoff.ts'

/** Milliseconds between two looks for something to send, and between attempts at a receiver that fails. */
export const sendingTimes = { lookMs: 1000, baseMs: 1000, capMs: 60_000 }

export interface Sending {
  /** What the last attempt met; null once one went through. */
  error(): unknown
  /** What is being sent is given up. */
  stop(): Promise<void>
}

/**
 * Sends to one receiver until it is stopped, round by round: at once again while there is more, later where there is nothing,
 * and ever more seldom while it fails. Nothing waits for it, and no other receiver.
 */
export function keepSending(parts: {
  /** Before the first round. What it throws ends it: `ended` is told. */
  begin?(): Promise<void>
  /** Sends what comes next and resolves with whether there is more. Throws what the receiver met: it is called again. */
  round(signal: AbortSignal): Promise<boolean>
  /** The first failure of several, and the first success after them. */
  failed(cause: unknown): void
  recovered(): void
  ended(cause: unknown): void
  times?: Partial<typeof sendingTimes>
}): Sending {
  const times = { ...sendingTimes, ...parts.times }
  const over = new AbortController()
  let error: unknown = null
  const run = async () => {
    await parts.begin?.()
    for (let failures = 0; !over.signal.aborted; ) {
      let more = false
      try {
        more = await parts.round(over.signal)
        if (error !== null) parts.recovered()
        error = null
        failures = 0
      } catch (cause) {
        if (over.signal.aborted) return
        if (error === null) parts.failed(cause)
        error = cause
        failures++
      }
      if (more) continue
      const wait = failures === 0 ? times.lookMs : backoffDelay(failures, times)
      await pause(wait, undefined, { signal: over.signal }).catch(() => {})
    }
  }
  const running = run().catch((cause: unknown) => {
    error = cause
    parts.ended(cause)
  })
  return {
    error: () => error,
    async stop() {
      over.abort()
      await running
    },
  }
}
