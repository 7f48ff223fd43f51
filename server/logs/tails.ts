import type { LogPosition } from '#lib/contracts/logs.ts'
import type { HostRegistry } from '../hosts/types.ts'
import type { FleetState } from '../live/types.ts'
import { SharedTail, type TailReader } from './shared-tail.ts'

export interface Tails {
  /** A place in the one followed stream of a container; begins it for the first viewer. Null: read up to it first. */
  join(
    container: { hostId: string; id: string; tty: boolean },
    position: LogPosition | null,
  ): { tail: SharedTail; reader: TailReader } | null
  /** Streams open now, for tests and measurements. */
  readonly size: number
}

export function createTails(parts: { registry: HostRegistry; fleet: FleetState }): Tails {
  const tails = new Map<string, SharedTail>()
  return {
    get size() {
      return tails.size
    },
    join(container, position) {
      const key = `${container.hostId}/${container.id}`
      const known = tails.get(key)
      const tail =
        known ??
        new SharedTail(container, position, parts, () => {
          if (tails.get(key) === tail) tails.delete(key)
        })
      tails.set(key, tail)
      const reader = tail.join(position)
      return reader ? { tail, reader } : null
    },
  }
}
