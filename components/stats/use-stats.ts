'use client'
import { createContext, useCallback, useContext, useMemo, useSyncExternalStore } from 'react'
import { emptyFleetStats, type FleetStats, type StatsRow, statsKey } from '#lib/fleet/stats.ts'
import { type LiveStats, noStats, type StatsClient } from './stats-client.ts'

export const StatsContext = createContext<StatsClient | null>(null)

function useClient(): StatsClient {
  const client = useContext(StatsContext)
  if (!client) throw new Error('Stats are read outside StatsContext.')
  return client
}

const nothing = () => () => {}

/** A slice of the summary; renders only when the slice changes by identity. */
function useSummary<T>(select: (stats: FleetStats) => T, wanted = true): T {
  const client = useClient()
  return useSyncExternalStore(
    wanted ? client.subscribeFleet : nothing,
    () => select(client.fleet()),
    () => select(emptyFleetStats),
  )
}

/** A container's sparklines; undefined before its first reading. */
export function useContainerStats(hostId: string, id: string): StatsRow | undefined {
  return useSummary((stats) => stats.containers.get(statsKey(hostId, id)))
}

/** What a host's containers use together. */
export function useHostStats(hostId: string): StatsRow | undefined {
  return useSummary((stats) => stats.hosts.get(hostId))
}

/** Of all hosts, by id. */
export function useAllHostStats(): FleetStats['hosts'] {
  return useSummary((stats) => stats.hosts)
}

/** The rows of all containers for sorting by them; without `wanted` nothing changes and nothing renders. */
export function useSortStats(wanted: boolean): FleetStats['containers'] {
  return useSummary((stats) => (wanted ? stats.containers : emptyFleetStats.containers), wanted)
}

/** A container's live curve, for as long as the component is there. */
export function useLiveStats(hostId: string, id: string): LiveStats {
  const client = useClient()
  const subscribe = useCallback(
    (listener: () => void) => client.watch(hostId, id, listener),
    [client, hostId, id],
  )
  const read = useMemo(() => () => client.stats(hostId, id), [client, hostId, id])
  return useSyncExternalStore(subscribe, read, () => noStats)
}
