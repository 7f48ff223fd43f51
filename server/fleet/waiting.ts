import type { EngineClient } from '../engine/types.ts'
import type { HostRegistry } from './host-registry.ts'

/** Resolves with the host's engine when it is online; null when the host was removed or the signal aborts. */
export async function untilOnline(
  registry: HostRegistry,
  hostId: string,
  signal: AbortSignal,
): Promise<EngineClient | null> {
  for (;;) {
    if (signal.aborted) return null
    try {
      return registry.engine(hostId)
    } catch {
      if (!registry.list().some((host) => host.id === hostId)) return null
      await untilCalled((wake) => registry.subscribe(wake), signal)
    }
  }
}

/** Resolves at the next call of what is subscribed, or at the abort. */
export function untilCalled(subscribe: (wake: () => void) => () => void, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      unsubscribe()
      signal.removeEventListener('abort', done)
      resolve()
    }
    const unsubscribe = subscribe(done)
    signal.addEventListener('abort', done)
    if (signal.aborted) done()
  })
}

/** Resolves after so long, or at the abort: it throws nothing. */
export function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, milliseconds)
    signal.addEventListener('abort', done)
    if (signal.aborted) done()
  })
}
