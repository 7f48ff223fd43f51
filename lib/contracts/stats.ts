import { z } from 'zod'
import type { ApiError } from './common.ts'
import { containerIdSchema, hostIdSchema } from './common.ts'

/**
 * The stats socket, `GET /api/stats` (WebSocket, JSON text frames). The browser asks for what it shows: the live samples
 * of single containers (`watch`), the low-rate summary of all running ones (`fleet`), or both over one socket.
 */
export const statsRequestSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('watch'), hostId: hostIdSchema, id: containerIdSchema }),
  z.object({ type: z.literal('unwatch'), hostId: hostIdSchema, id: containerIdSchema }),
  z.object({ type: z.literal('fleet') }),
  z.object({ type: z.literal('unfleet') }),
])
export type StatsRequest = z.infer<typeof statsRequestSchema>

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

export type StatsFrame =
  /** Answers `watch`: the last hour at low rate, the last minutes finely where somebody watched. */
  | { type: 'history'; hostId: string; id: string; points: StatsPoint[]; totals: StatsTotals | null }
  | { type: 'sample'; hostId: string; id: string; point: StatsPoint; totals: StatsTotals | null }
  /** How many cores it may use; null when it has no limit of its own. */
  | { type: 'limit'; hostId: string; id: string; cpus: number | null }
  | { type: 'unavailable'; hostId: string; id: string; error: ApiError }
  | { type: 'fleet'; stepMs: number; hosts: FleetStatsHistory[] }
  | { type: 'fleetChange'; hosts: FleetStatsChange[] }
