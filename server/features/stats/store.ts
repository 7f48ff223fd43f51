import type { StatsPoint, StatsTotals } from '#lib/contracts/stats.ts'
import { objectKey } from '#lib/fleet/apply-live.ts'
import type { StatsReading } from '../../engine/stats.ts'
import type { Log } from '../../log.ts'
import { tell } from '../../publisher.ts'
import { ContainerHistory, stepMs } from './history.ts'
import { gapAt } from './sample.ts'
import { Series } from './series.ts'

export interface HostHistory {
  /** What its containers use together: CPU and memory of each step. */
  series: Series
  containers: Map<string, ContainerHistory>
}

export type SampleListener = (point: StatsPoint, totals: StatsTotals | null) => void

/** What the low rate has told since it was last asked. */
export interface HostChanges {
  point: [cpu: number | null, memory: number | null] | null
  containers: Map<string, StatsPoint>
  gone: Set<string>
}

/** An hour. */
const hostPoints = 180

/** The histories of all containers that are there, in memory. They go when their container or host goes. */
export class StatsStore {
  readonly hosts = new Map<string, HostHistory>()
  private changes = new Map<string, HostChanges>()
  private readonly listeners = new Map<string, Set<{ listener: SampleListener; end: () => void }>>()
  private readonly isKnown: (hostId: string, id: string) => boolean
  private readonly log: Log

  /** @param isKnown whether the container is there: a reading under way when it went must not bring its history back */
  constructor(isKnown: (hostId: string, id: string) => boolean, log: Log) {
    this.isKnown = isKnown
    this.log = log
  }

  /** A reading at the low rate. */
  addCoarse(hostId: string, reading: StatsReading): void {
    if (!this.isKnown(hostId, reading.id)) return
    const point = this.containerOf(hostId, reading.id).addCoarse(reading, Date.now())
    this.changesOf(hostId).containers.set(reading.id, point)
  }

  /** A reading of a live stream: told to who listens. Podman's streams carry the containers that nobody watches, too. */
  addFine(hostId: string, reading: StatsReading): void {
    if (!this.isKnown(hostId, reading.id)) return
    const history = this.containerOf(hostId, reading.id)
    const at = Date.now()
    if (!this.listeners.has(objectKey(hostId, reading.id))) {
      const due = history.addWhenDue(reading, at)
      if (due) this.changesOf(hostId).containers.set(reading.id, due)
      return
    }
    const { point, coarse } = history.addFine(reading, at)
    if (coarse) this.changesOf(hostId).containers.set(reading.id, coarse)
    this.tell(hostId, reading.id, point, history.totals)
  }

  /** The container's numbers are not known now. */
  addGap(hostId: string, id: string): void {
    const at = Date.now()
    if (this.hosts.get(hostId)?.containers.get(id)?.addGap(at))
      this.changesOf(hostId).containers.set(id, gapAt(at))
    this.tell(hostId, id, gapAt(at), null)
  }

  endFine(hostId: string, id: string): void {
    this.hosts.get(hostId)?.containers.get(id)?.endFine()
  }

  /** The end of a step of the host: what `ids`, the containers that run, use together, of which some may not be known. */
  closeStep(hostId: string, ids: readonly string[]): void {
    const host = this.hostOf(hostId)
    const fresh = Date.now() - 2 * stepMs
    const latest = ids.flatMap((id) => {
      const point = host.containers.get(id)?.coarse.last()
      return point && point[0] > fresh ? [point] : []
    })
    const sum = (index: 1 | 2) => {
      const known = latest.flatMap((point) => point[index] ?? [])
      return known.length === 0 && ids.length > 0 ? null : known.reduce((total, value) => total + value, 0)
    }
    this.pushHost(hostId, sum(1), sum(2))
  }

  /** The host is away: gaps for it and all it runs. */
  loseHost(hostId: string): void {
    const host = this.hosts.get(hostId)
    if (!host) return
    for (const id of host.containers.keys()) this.addGap(hostId, id)
    const last = host.series.last()
    if (last && last[1] !== null) this.pushHost(hostId, null, null)
  }

  removeContainer(hostId: string, id: string): void {
    if (!this.hosts.get(hostId)?.containers.delete(id)) return
    const changes = this.changesOf(hostId)
    changes.containers.delete(id)
    changes.gone.add(id)
  }

  removeHost(hostId: string): void {
    this.hosts.delete(hostId)
    this.changes.delete(hostId)
  }

  history(hostId: string, id: string): ContainerHistory | undefined {
    return this.hosts.get(hostId)?.containers.get(id)
  }

  /** Live samples and gaps of one container. `end` as of `tell`. */
  listen(hostId: string, id: string, listener: SampleListener, end: () => void): () => void {
    const key = objectKey(hostId, id)
    const set = this.listeners.get(key) ?? new Set()
    const entry = { listener, end }
    this.listeners.set(key, set.add(entry))
    return () => {
      set.delete(entry)
      if (set.size === 0) this.listeners.delete(key)
    }
  }

  /** The low rate's changes since the last call. */
  takeChanges(): Map<string, HostChanges> {
    const taken = this.changes
    this.changes = new Map()
    return taken
  }

  private tell(hostId: string, id: string, point: StatsPoint, totals: StatsTotals | null): void {
    for (const { listener, end } of this.listeners.get(objectKey(hostId, id)) ?? [])
      tell(this.log, () => listener(point, totals), undefined, end)
  }

  private pushHost(hostId: string, cpu: number | null, memory: number | null): void {
    const [at, , ...none] = gapAt(Date.now())
    const rest = none.slice(1) as [null, null, null, null, null, null]
    this.hostOf(hostId).series.push([at, cpu, memory, ...rest])
    this.changesOf(hostId).point = [cpu, memory]
  }

  private hostOf(hostId: string): HostHistory {
    let host = this.hosts.get(hostId)
    if (!host) {
      host = { series: new Series(hostPoints), containers: new Map() }
      this.hosts.set(hostId, host)
    }
    return host
  }

  private containerOf(hostId: string, id: string): ContainerHistory {
    const { containers } = this.hostOf(hostId)
    let history = containers.get(id)
    if (!history) {
      history = new ContainerHistory()
      containers.set(id, history)
    }
    return history
  }

  private changesOf(hostId: string): HostChanges {
    let changes = this.changes.get(hostId)
    if (!changes) {
      changes = { point: null, containers: new Map(), gone: new Set() }
      this.changes.set(hostId, changes)
    }
    return changes
  }
}
