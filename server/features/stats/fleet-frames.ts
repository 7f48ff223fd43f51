import type { FleetStatsChange, FleetStatsHistory, StatsPoint } from '#lib/contracts/stats.ts'
import { sparklinePoints } from '#lib/fleet/stats.ts'
import { stepMs } from './history.ts'
import type { HostChanges, StatsStore } from './store.ts'

/** As the docker CLI shows ids: enough to tell the containers of one host apart, and a fifth of the bytes. */
const short = (id: string) => id.slice(0, 12)
/** A tenth of a per cent. */
const cpuOf = (point: StatsPoint) => (point[1] === null ? null : Math.round(point[1] * 10) / 10)
/** To the KiB, which no sparkline shows, in a third of the digits. */
const memoryOf = (point: StatsPoint) => (point[2] === null ? null : Math.round(point[2] / 1024) * 1024)

/** What of the summary is for somebody who does not see all of it. */
export interface StatsVisibility {
  host(hostId: string): boolean
  /** What all containers of a host use together. */
  whole(hostId: string): boolean
  container(hostId: string, id: string): boolean
  /** Of a container that is no more: whether it was told of. */
  gone(hostId: string, id: string): boolean
}

const everything: StatsVisibility = {
  host: () => true,
  whole: () => true,
  container: () => true,
  gone: () => true,
}

/** The summary as it is: what a browser starts from. */
export function fleetHistory(store: StatsStore, visibility = everything): FleetStatsHistory[] {
  const since = Date.now() - (sparklinePoints + 1) * stepMs
  const hosts = [...store.hosts].filter(([hostId]) => visibility.host(hostId))
  return hosts.map(([hostId, { series, containers }]) => {
    const points = visibility.whole(hostId) ? series.points(since, sparklinePoints) : []
    const seen = [...containers].filter(([id]) => visibility.container(hostId, id))
    return {
      hostId,
      cpu: points.map(cpuOf),
      memory: points.map(memoryOf),
      containers: seen.map(([id, { coarse }]): FleetStatsHistory['containers'][number] => {
        const own = coarse.points(since, sparklinePoints)
        return [short(id), own.map(cpuOf), own.map(memoryOf), own.at(-1)?.[3] ?? null]
      }),
    }
  })
}

export function fleetChanges(
  changes: ReadonlyMap<string, HostChanges>,
  visibility = everything,
): FleetStatsChange[] {
  const hosts = [...changes].filter(([hostId]) => visibility.host(hostId))
  return hosts.map(([hostId, { point, containers, gone }]) => ({
    hostId,
    ...(point && visibility.whole(hostId) ? { point } : {}),
    containers: [...containers]
      .filter(([id]) => visibility.container(hostId, id))
      .map(([id, own]): FleetStatsChange['containers'][number] => [
        short(id),
        cpuOf(own),
        memoryOf(own),
        own[3],
      ]),
    gone: [...gone].filter((id) => visibility.gone(hostId, id)).map(short),
  }))
}
