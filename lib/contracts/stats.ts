/** Null where it is not known: before a second reading, on another network's stack, and in gaps. */
type Value = number | null

/**
 * One moment of one container, as a tuple since hundreds go in one frame: when (milliseconds since 1970, the server's
 * clock), CPU in per cent of one core (as `docker stats` counts: two busy cores are 200), memory without cache and its
 * limit in bytes, received, sent, read and written in bytes a second, processes. All null but the time: a gap, during
 * which nothing is known.
 */
export type StatsPoint = [
  at: number,
  cpu: Value,
  memory: Value,
  memoryLimit: Value,
  received: Value,
  sent: Value,
  read: Value,
  written: Value,
  pids: Value,
]

/** Bytes since the container started. */
export interface StatsTotals {
  received: Value
  sent: Value
  read: Value
  written: Value
}

/** Of one container: short id (12 characters), CPU, memory, limit. */
export type FleetStatsRow = [id: string, cpu: Value, memory: Value, memoryLimit: Value]

export interface FleetStatsHistory {
  hostId: string
  /** Oldest first, one a step: what all containers of the host use together. */
  cpu: Value[]
  memory: Value[]
  containers: [id: string, cpu: Value[], memory: Value[], memoryLimit: Value][]
}

export interface FleetStatsChange {
  hostId: string
  /** A new step of the host's own series. */
  point?: [cpu: Value, memory: Value]
  containers: FleetStatsRow[]
  /** Short ids of containers that are no more. */
  gone: string[]
}

/** The topic `stats`: the low-rate summary of all running containers. */
export type FleetStatsFrame =
  | { type: 'fleet'; stepMs: number; hosts: FleetStatsHistory[] }
  | { type: 'fleetChange'; hosts: FleetStatsChange[] }

/** The topic `container-stats`: the last hour at low rate, the last minutes finely where somebody watched, then as it is. */
export type ContainerStatsFrame =
  | { type: 'history'; points: StatsPoint[]; totals: StatsTotals | null }
  | { type: 'sample'; point: StatsPoint; totals: StatsTotals | null }
  /** How many cores it may use; null when it has no limit of its own. */
  | { type: 'limit'; cpus: number | null }
