import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { Host } from '#lib/contracts/hosts.ts'
import { eachKind, type FleetObjects, type ObjectKind, objectKinds } from '#lib/fleet/kinds.ts'
import type { LiveChange } from '#lib/fleet/live-protocol.ts'
import type { Log } from '../log.ts'
import { Publisher } from '../publisher.ts'
import type { FleetState } from './fleet.ts'

/** Batches kept for browsers that resume after a cut, and the most changes in them. */
const keptChanges = 20_000
/** Changes are announced together: a burst of events is one frame and one paint. Milliseconds. */
const gatherMs = 40

type Maps = { [K in ObjectKind]: Map<string, Map<string, FleetObjects[K]>> }

/** The fleet's objects, by kind and host. Only host-sync and the services that just acted write to it. */
export class MemoryFleet implements FleetState {
  readonly epoch = randomUUID()
  seq = 0
  private readonly maps = eachKind(() => new Map()) as Maps
  private readonly hostList: () => Host[]
  /** Ids are never given twice: an answer that was under way when its host was removed must not put a row back. */
  private readonly removedHosts = new Set<string>()
  private readonly batches: Publisher<{ seq: number; changes: LiveChange[] }>
  readonly subscribe: FleetState['subscribe']
  private buffer: { seq: number; changes: LiveChange[] }[] = []
  private buffered = 0
  private pending: LiveChange[] = []
  private timer: NodeJS.Timeout | undefined

  constructor(hosts: () => Host[], log: Log) {
    this.hostList = hosts
    this.batches = new Publisher(log)
    this.subscribe = this.batches.subscribe
  }

  hosts(): Host[] {
    return this.hostList()
  }

  all<K extends ObjectKind>(kind: K, hostId?: string): FleetObjects[K][] {
    if (hostId !== undefined) return [...(this.maps[kind].get(hostId)?.values() ?? [])] as FleetObjects[K][]
    return [...this.maps[kind].values()].flatMap((objects) => [...objects.values()]) as FleetObjects[K][]
  }

  get<K extends ObjectKind>(kind: K, hostId: string, id: string): FleetObjects[K] | undefined {
    return this.maps[kind].get(hostId)?.get(id) as FleetObjects[K] | undefined
  }

  /** Announces a host's own change (state, freshness, name). */
  putHost(host: Host): void {
    // Only the last word on a host within a batch is of use.
    this.pending = this.pending.filter((change) => change.type !== 'host' || change.host.id !== host.id)
    this.announce({ type: 'host', host })
  }

  removeHost(hostId: string): void {
    this.removedHosts.add(hostId)
    for (const kind of objectKinds) this.maps[kind].delete(hostId)
    this.announce({ type: 'hostRemoved', hostId })
  }

  put<K extends ObjectKind>(kind: K, object: FleetObjects[K]): void {
    if (this.removedHosts.has(object.hostId)) return
    const objects = this.objectsOf(kind, object.hostId)
    if (isDeepStrictEqual(objects.get(object.id), object)) return
    objects.set(object.id, object)
    this.announce({ type: 'put', kind, object } as LiveChange)
  }

  remove(kind: ObjectKind, hostId: string, id: string): void {
    if (this.maps[kind].get(hostId)?.delete(id)) this.announce({ type: 'removed', kind, hostId, id })
  }

  /** Makes the host's objects of a kind equal to a fresh list, announcing only what differs. */
  replace<K extends ObjectKind>(kind: K, hostId: string, list: readonly FleetObjects[K][]): void {
    const fresh = new Set(list.map((object) => object.id))
    for (const id of this.objectsOf(kind, hostId).keys()) if (!fresh.has(id)) this.remove(kind, hostId, id)
    for (const object of list) this.put(kind, object)
  }

  since(seq: number): { seq: number; changes: LiveChange[] }[] | null {
    this.flush()
    if (seq === this.seq) return []
    const first = this.buffer[0]
    if (seq > this.seq || !first || first.seq > seq + 1) return null
    return this.buffer.filter((batch) => batch.seq > seq)
  }

  /** Announces what is gathered at once, so that a snapshot taken next has its seq. */
  flush(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    if (this.pending.length === 0) return
    const batch = { seq: ++this.seq, changes: this.pending }
    this.pending = []
    this.buffer.push(batch)
    this.buffered += batch.changes.length
    while (this.buffered > keptChanges && this.buffer.length > 1) {
      this.buffered -= this.buffer.shift()?.changes.length ?? 0
    }
    this.batches.publish(batch)
  }

  private announce(change: LiveChange): void {
    this.pending.push(change)
    this.timer ??= setTimeout(() => this.flush(), gatherMs)
  }

  private objectsOf<K extends ObjectKind>(kind: K, hostId: string): Map<string, FleetObjects[K]> {
    const byHost = this.maps[kind] as Map<string, Map<string, FleetObjects[K]>>
    let objects = byHost.get(hostId)
    if (!objects) {
      objects = new Map()
      byHost.set(hostId, objects)
    }
    return objects
  }
}
