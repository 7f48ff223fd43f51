import type { FleetStatsChange, FleetStatsHistory, StatsPoint } from '#lib/contracts/stats.ts'
import { sparklinePoints } from '#lib/fleet-stats.ts'
import { stepMs } from './history.ts'
import type { HostChanges, StatsStore } from './store.ts'

/** As the docker CLI shows ids: enough to tell the containers of one host apart, and a fifth of the bytes. */
const short = (id: string) => id.slice(0, 12)
/** A tenth of a per cent. */
const cpuOf = (point: StatsPoint) => (point[1] === null ? null : Math.round(point[1] * 10) / 10)
/** To the KiB, which no sparkline shows, in a third of the digits. */
const memoryOf = (point: StatsPoint) => (point[2] === null ? null : Math.round(point[2] / 1024) * 1024)

/** The summary as it is: what a browser starts from. */
export function fleetHistory(store: StatsStore): FleetStatsHistory[] {
  const since = Date.now() - (sparklinePoints + 1) * stepMs
  return [...store.hosts].map(([hostId, { series, containers }]) => {
    const points = series.points(since, sparklinePoints)
    return {
      ...{ hostId, cpu: points.map(cpuOf), memory: points.map(memoryOf) },
      containers: [...containers].map(([id, { coarse }]): FleetStatsHistory['containers'][number] => {
        const own = coarse.points(since, sparklinePoints)
        return [short(id), own.map(cpuOf), own.map(memoryOf), own.at(-1)?.[3] ?? null]
      }),
    }
  })
}

export function fleetChanges(changes: ReadonlyMap<string, HostChanges>): FleetStatsChange[] {
  return [...changes].map(([hostId, { point, containers, gone }]) => ({
    hostId,
    ...(point ? { point } : {}),
    containers: [...containers].map(([id, own]): FleetStatsChange['containers'][number] => [
      short(id),
      cpuOf(own),
      memoryOf(own),
      own[3],
    ]),
    gone: [...gone].map(short),
  }))
}
