import type { FleetStatsFrame, FleetStatsHistory } from '../contracts/stats.ts'

/** Points of a sparkline: ten minutes at the low rate. */
export const sparklinePoints = 30

type Value = number | null

/** One row's sparklines: oldest first, one value a step of the low rate. */
export interface StatsRow {
  cpu: readonly Value[]
  memory: readonly Value[]
  /** Of a container; null for a host, whose engine knows its memory. */
  memoryLimit: Value
}

/** What a browser holds of the summary. Rows are replaced when they change and only then. */
export interface FleetStats {
  /** By statsKey. */
  containers: ReadonlyMap<string, StatsRow>
  hosts: ReadonlyMap<string, StatsRow>
}

export const emptyFleetStats: FleetStats = { containers: new Map(), hosts: new Map() }

/** Containers are named by the first 12 characters of their id, as in the frames. */
export const statsKey = (hostId: string, id: string) => `${hostId}/${id.slice(0, 12)}`

/** The next summary from the present one and a frame. */
export function applyFleetStats(stats: FleetStats, frame: FleetStatsFrame): FleetStats {
  if (frame.type === 'fleet') return fromHistory(frame.hosts)
  const containers = new Map(stats.containers)
  const hosts = new Map(stats.hosts)
  for (const change of frame.hosts) {
    if (change.point) hosts.set(change.hostId, grown(hosts.get(change.hostId), ...change.point, null))
    for (const [id, cpu, memory, limit] of change.containers) {
      const key = statsKey(change.hostId, id)
      const row = containers.get(key)
      containers.set(key, grown(row, cpu, memory, limit ?? row?.memoryLimit ?? null))
    }
    for (const id of change.gone) containers.delete(statsKey(change.hostId, id))
  }
  return { containers, hosts }
}

function fromHistory(history: readonly FleetStatsHistory[]): FleetStats {
  const hosts = new Map(
    history.map(({ hostId, cpu, memory }) => [hostId, { cpu, memory, memoryLimit: null }]),
  )
  const rows = history.flatMap(({ hostId, containers }) =>
    containers.map(([id, cpu, memory, memoryLimit]): [string, StatsRow] => [
      statsKey(hostId, id),
      { cpu, memory, memoryLimit },
    ]),
  )
  return { hosts, containers: new Map(rows) }
}

function grown(row: StatsRow | undefined, cpu: Value, memory: Value, memoryLimit: Value): StatsRow {
  const longer = (values: readonly Value[] = [], value: Value) => [...values, value].slice(-sparklinePoints)
  return { cpu: longer(row?.cpu, cpu), memory: longer(row?.memory, memory), memoryLimit }
}

/** The latest value; null when there is none or it is not known now. */
export const latest = (values: readonly Value[] | undefined): Value => values?.at(-1) ?? null

/** What the hosts that are online use together; null while it is known of none. */
export function sumStats(
  hosts: readonly { id: string; state: string }[],
  stats: FleetStats['hosts'],
): { cpu: Value; memory: Value } {
  const rows = hosts.flatMap((host) => (host.state === 'online' ? (stats.get(host.id) ?? []) : []))
  const sum = (of: (row: StatsRow) => Value) =>
    rows.reduce<Value>((total, row) => {
      const value = of(row)
      return value === null ? total : (total ?? 0) + value
    }, null)
  return { cpu: sum((row) => latest(row.cpu)), memory: sum((row) => latest(row.memory)) }
}
