import type { LogPosition } from '#lib/contracts/logs.ts'
import type { FleetState } from '../../fleet/fleet.ts'
import type { HostRegistry } from '../../fleet/host-registry.ts'
import { SharedTail, type TailReader } from './shared-tail.ts'

export interface Tails {
  /**
   * A place in the one followed stream of a container; begins it for the first viewer. Null: that stream does not reach
   * back so far, read up to it first. Who has read all there is and still is before it (it began with later lines of the
   * same moment, or keeps less than a moment's) begins another, which takes the place of the one there was.
   */
  join(
    container: { hostId: string; id: string; tty: boolean; isPolled: boolean },
    position: LogPosition | null,
    hasReadUp: boolean,
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
    join(container, position, hasReadUp) {
      const key = `${container.hostId}/${container.id}`
      const known = tails.get(key)
      const place = known?.join(position)
      if (known && place) return { tail: known, reader: place }
      if (known && !hasReadUp) return null
      const tail: SharedTail = new SharedTail(container, position, parts, () => {
        if (tails.get(key) === tail) tails.delete(key)
      })
      tails.set(key, tail)
      const reader = tail.join(position)
      return reader && { tail, reader }
    },
  }
}
