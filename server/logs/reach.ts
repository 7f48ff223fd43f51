import type { EngineClient } from '../engine/types.ts'
import type { HostRegistry } from '../hosts/types.ts'
import type { FleetState } from '../live/types.ts'

/**
 * Resolves when the container runs or has run since (one that crashes at once is never seen running), or is gone (false),
 * or the signal aborts (false).
 */
export async function untilStarted(
  fleet: FleetState,
  container: { hostId: string; id: string; startedAt: string | null },
  signal: AbortSignal,
): Promise<boolean> {
  for (;;) {
    const now = fleet.get('containers', container.hostId, container.id)
    if (!now || signal.aborted) return false
    if (now.state === 'running' || now.state === 'paused' || now.startedAt !== container.startedAt)
      return true
    await change((wake) => fleet.subscribe(wake), signal)
  }
}

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
      await change((wake) => registry.subscribe(wake), signal)
    }
  }
}

/** Resolves at the next call of what is subscribed, or at the abort. */
function change(subscribe: (wake: () => void) => () => void, signal: AbortSignal): Promise<void> {
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

/** Nanoseconds, to the second as Podman stamps lines. */
export function runBegan(startedAt: string | null): bigint | undefined {
  const milliseconds = startedAt === null ? Number.NaN : Date.parse(startedAt)
  return Number.isNaN(milliseconds) ? undefined : BigInt(Math.floor(milliseconds / 1000)) * 1_000_000_000n
}
