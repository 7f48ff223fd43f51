import type { FleetState } from '../../fleet/fleet.ts'
import { untilCalled } from '../../fleet/waiting.ts'

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
    await untilCalled((wake) => fleet.subscribe(wake), signal)
  }
}

/** When a container was started last: nanoseconds, to the second as Podman stamps lines. */
export function runBegan(fleet: FleetState, hostId: string, id: string): bigint | undefined {
  const milliseconds = Date.parse(fleet.get('containers', hostId, id)?.startedAt ?? '')
  return Number.isNaN(milliseconds) ? undefined : BigInt(Math.floor(milliseconds / 1000)) * 1_000_000_000n
}
