import type { LiveSocket } from '#components/data/live-socket.ts'
import type { ApiError } from '#lib/contracts/common.ts'
import type { ContainerStatsFrame, StatsPoint, StatsTotals } from '#lib/contracts/stats.ts'
import { applyFleetStats, emptyFleetStats, type FleetStats } from '#lib/fleet/stats.ts'

/** One container's curve, as far as it has come. Replaced with every sample. */
export interface LiveStats {
  points: readonly StatsPoint[]
  totals: StatsTotals | null
  /** Cores it may use; undefined before it is known, null without a limit of its own. */
  cpuLimit: number | null | undefined
  error: ApiError | null
  /** False before the history has come. */
  loaded: boolean
}

export const noStats: LiveStats = {
  points: [],
  totals: null,
  cpuLimit: undefined,
  error: null,
  loaded: false,
}

/** The longest range a chart shows. */
const keptMs = 3_600_000
/** Tables mount and unmount cells while they scroll: the summary goes on a little after the last. */
const lingerMs = 5000

interface Watched {
  stats: LiveStats
  listeners: Set<() => void>
  leave(): void
}

/** The page's figures: the summary while anything shows it, and each container that is watched, once for all who look. */
export class StatsClient {
  readonly #live: LiveSocket | null
  readonly #fleetListeners = new Set<() => void>()
  readonly #watched = new Map<string, Watched>()
  #fleet: FleetStats = emptyFleetStats
  #leaveFleet: (() => void) | null = null
  #linger: ReturnType<typeof setTimeout> | undefined

  /** @param live null for who may see no numbers: all stay empty, and nothing is asked */
  constructor(live: LiveSocket | null) {
    this.#live = live
  }

  readonly fleet = (): FleetStats => this.#fleet

  readonly subscribeFleet = (listener: () => void): (() => void) => {
    this.#fleetListeners.add(listener)
    clearTimeout(this.#linger)
    this.#leaveFleet ??= this.#followFleet()
    return () => {
      this.#fleetListeners.delete(listener)
      if (this.#fleetListeners.size > 0) return
      clearTimeout(this.#linger)
      this.#linger = setTimeout(() => this.#endFleet(), lingerMs)
    }
  }

  readonly stats = (hostId: string, id: string): LiveStats =>
    this.#watched.get(`${hostId}/${id}`)?.stats ?? noStats

  readonly watch = (hostId: string, id: string, listener: () => void): (() => void) => {
    const key = `${hostId}/${id}`
    const known = this.#watched.get(key)
    const watched = known ?? { stats: noStats, listeners: new Set(), leave: () => {} }
    watched.listeners.add(listener)
    if (!known) {
      this.#watched.set(key, watched)
      watched.leave = this.#followContainer(watched, { hostId, id })
    }
    return () => {
      watched.listeners.delete(listener)
      if (watched.listeners.size > 0) return
      watched.leave()
      if (this.#watched.get(key) === watched) this.#watched.delete(key)
    }
  }

  stop(): void {
    this.#endFleet()
    for (const { leave } of this.#watched.values()) leave()
    this.#watched.clear()
  }

  #endFleet(): void {
    clearTimeout(this.#linger)
    this.#leaveFleet?.()
    this.#leaveFleet = null
  }

  #followFleet(): (() => void) | null {
    if (!this.#live) return null
    return this.#live.follow({
      topic: 'stats',
      params: () => ({}),
      frame: (frame) => {
        this.#fleet = applyFleetStats(this.#fleet, frame)
        for (const listener of this.#fleetListeners) listener()
      },
    })
  }

  #followContainer(watched: Watched, params: { hostId: string; id: string }): () => void {
    if (!this.#live) return () => {}
    const set = (stats: LiveStats) => {
      watched.stats = stats
      for (const listener of watched.listeners) listener()
    }
    return this.#live.follow({
      topic: 'container-stats',
      about: `${params.hostId}/${params.id}`,
      params: () => params,
      frame: (frame) => set(nextStats(watched.stats, frame)),
      refused: (error) => set({ ...watched.stats, error, loaded: true }),
    })
  }
}

function nextStats(stats: LiveStats, frame: ContainerStatsFrame): LiveStats {
  if (frame.type === 'limit') return { ...stats, cpuLimit: frame.cpus }
  if (frame.type === 'history')
    return { ...stats, points: frame.points, totals: frame.totals, error: null, loaded: true }
  const since = frame.point[0] - keptMs
  const kept =
    stats.points[0] && stats.points[0][0] < since ? stats.points.filter(([at]) => at >= since) : stats.points
  return { ...stats, points: [...kept, frame.point], totals: frame.totals ?? stats.totals }
}
