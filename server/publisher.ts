import type { Log } from './log.ts'

/**
 * Tells one listener. Nothing that it throws, or rejects with, reaches who tells: it is logged, and `end` ends what the
 * listener belongs to (a socket, a stream, a step), since that has missed a word it may not miss.
 * @param end absent for a part of the server itself, which goes on
 */
export function tell<T>(log: Log, listener: (value: T) => unknown, value: T, end?: () => void): void {
  const failed = (error: unknown) => {
    log.error({ err: error }, 'a listener failed')
    try {
      end?.()
    } catch (inner) {
      log.error({ err: inner }, 'what a failed listener belongs to could not be ended')
    }
  }
  try {
    const told = listener(value)
    if (told instanceof Promise) told.catch(failed)
  } catch (error) {
    failed(error)
  }
}

/** Begins to listen. Returns the way to stop. As for `tell`: after a failure `end` is called, and no more is told. */
export type Subscribe<T> = (listener: (value: T) => void, end?: () => void) => () => void

/**
 * Who wants to know of something, and the only way to tell them: a revocation has to reach everybody, whatever one of
 * them does with it.
 */
export class Publisher<T> {
  private readonly listeners = new Set<{ listener: (value: T) => void; end?: () => void }>()
  private readonly log: Log

  constructor(log: Log) {
    this.log = log
  }

  subscribe: Subscribe<T> = (listener, end) => {
    const entry = end ? { listener, end } : { listener }
    this.listeners.add(entry)
    return () => this.listeners.delete(entry)
  }

  publish(value: T): void {
    for (const entry of this.listeners) {
      const { listener, end } = entry
      const over =
        end &&
        (() => {
          this.listeners.delete(entry)
          end()
        })
      tell(this.log, listener, value, over)
    }
  }
}
