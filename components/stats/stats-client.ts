import { ReconnectingSocket } from '#components/data/reconnecting-socket.ts'
import { closeCodes } from '#lib/close-codes.ts'
import type { ApiError } from '#lib/contracts/common.ts'
import type { StatsFrame, StatsPoint, StatsRequest, StatsTotals } from '#lib/contracts/stats.ts'
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
  hostId: string
  id: string
  stats: LiveStats
  listeners: Set<() => void>
}

/**
 * The page's stats socket: open while something on the page shows numbers, one for all of it. After a cut it asks again
 * for what is shown.
 */
export class StatsClient {
  readonly #socket: ReconnectingSocket | null
  readonly #fleetListeners = new Set<() => void>()
  readonly #watched = new Map<string, Watched>()
  #fleet: FleetStats = emptyFleetStats
  #fleetWanted = false
  #linger: ReturnType<typeof setTimeout> | undefined

  /** @param connect null for who may see no numbers: all stay empty, and nothing is asked */
  constructor(connect: (() => WebSocket) | null, onSignedOut: () => void) {
    this.#socket =
      connect &&
      new ReconnectingSocket({
        connect,
        opened: () => this.#askAll(),
        message: (data) => this.#take(JSON.parse(String(data)) as StatsFrame),
        closed: (code) => {
          if (code === closeCodes.signedOut) onSignedOut()
        },
      })
  }

  readonly fleet = (): FleetStats => this.#fleet

  readonly subscribeFleet = (listener: () => void): (() => void) => {
    this.#fleetListeners.add(listener)
    clearTimeout(this.#linger)
    if (!this.#fleetWanted) {
      this.#fleetWanted = true
      this.#ask({ type: 'fleet' })
    }
    return () => {
      this.#fleetListeners.delete(listener)
      if (this.#fleetListeners.size > 0) return
      clearTimeout(this.#linger)
      this.#linger = setTimeout(() => {
        this.#fleetWanted = false
        this.#ask({ type: 'unfleet' })
      }, lingerMs)
    }
  }

  readonly stats = (hostId: string, id: string): LiveStats =>
    this.#watched.get(`${hostId}/${id}`)?.stats ?? noStats

  readonly watch = (hostId: string, id: string, listener: () => void): (() => void) => {
    const key = `${hostId}/${id}`
    const watched = this.#watched.get(key) ?? { hostId, id, stats: noStats, listeners: new Set() }
    watched.listeners.add(listener)
    if (!this.#watched.has(key)) {
      this.#watched.set(key, watched)
      this.#ask({ type: 'watch', hostId, id })
    }
    return () => {
      watched.listeners.delete(listener)
      if (watched.listeners.size > 0 || !this.#watched.delete(key)) return
      this.#ask({ type: 'unwatch', hostId, id })
    }
  }

  stop(): void {
    clearTimeout(this.#linger)
    this.#socket?.stop()
  }

  #ask(request: StatsRequest): void {
    if (!this.#fleetWanted && this.#watched.size === 0) this.stop()
    // While it opens nothing is said: it asks for all that is wanted once it is open.
    else if (this.#socket?.isOpen) this.#socket.send(JSON.stringify(request))
    else this.#socket?.start()
  }

  #askAll(): void {
    const wanted: StatsRequest[] = this.#fleetWanted ? [{ type: 'fleet' }] : []
    for (const { hostId, id } of this.#watched.values()) wanted.push({ type: 'watch', hostId, id })
    for (const request of wanted) this.#socket?.send(JSON.stringify(request))
  }

  #take(frame: StatsFrame): void {
    if (frame.type === 'fleet' || frame.type === 'fleetChange') {
      this.#fleet = applyFleetStats(this.#fleet, frame)
      for (const listener of this.#fleetListeners) listener()
      return
    }
    const watched = this.#watched.get(`${frame.hostId}/${frame.id}`)
    if (!watched) return
    watched.stats = nextStats(watched.stats, frame)
    for (const listener of watched.listeners) listener()
  }
}

function nextStats(
  stats: LiveStats,
  frame: Exclude<StatsFrame, { type: 'fleet' | 'fleetChange' }>,
): LiveStats {
  if (frame.type === 'limit') return { ...stats, cpuLimit: frame.cpus }
  if (frame.type === 'unavailable') return { ...stats, error: frame.error, loaded: true }
  if (frame.type === 'history')
    return { ...stats, points: frame.points, totals: frame.totals, error: null, loaded: true }
  const since = frame.point[0] - keptMs
  const kept =
    stats.points[0] && stats.points[0][0] < since ? stats.points.filter(([at]) => at >= since) : stats.points
  return { ...stats, points: [...kept, frame.point], totals: frame.totals ?? stats.totals }
}
