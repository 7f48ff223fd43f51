import type { Host } from '#lib/contracts/hosts.ts'
import type { Pod } from '#lib/contracts/pods.ts'
import type { Volume } from '#lib/contracts/volumes.ts'
import { objectKey } from '#lib/fleet/apply-live.ts'
import { type FleetObjects, type HostKind, hostKinds } from '#lib/fleet/kinds.ts'
import type { FleetSnapshot, LiveChange } from '#lib/fleet/live-protocol.ts'
import type { FleetState } from '../fleet/fleet.ts'
import type { Sight } from './visibility.ts'

/** A host as somebody sees it: what an engine says of lists that failed may name what they do not see. */
export function seenHost(sight: Sight, host: Host): Host {
  if (sight.everything || sight.mayWhole('containers.view', host.id)) return host
  const { failed, withoutEvents, notices } = host.reading
  const plain = ({ code, message, params }: NonNullable<Host['error']>) => ({ code, message, params })
  return {
    ...host,
    reading: {
      failed: failed.map((failure) => ({ ...failure, error: plain(failure.error) })),
      odd: [],
      withoutEvents: withoutEvents && { ...withoutEvents, error: plain(withoutEvents.error) },
      notices: notices.map((notice) => ({ ...notice, error: plain(notice.error) })),
    },
  }
}

/** A pod with those of its containers that are in sight. */
function seenPod(fleet: FleetState, sight: Sight, pod: Pod): Pod {
  if (sight.everything) return pod
  const isSeen = (id: string) => {
    const container = fleet.get('containers', pod.hostId, id)
    return container !== undefined && sight.container(container)
  }
  return { ...pod, containerIds: pod.containerIds.filter(isSeen) }
}

/** Objects of a kind, of all hosts, as somebody sees them. */
export function seenObjects<K extends HostKind>(fleet: FleetState, sight: Sight, kind: K): FleetObjects[K][] {
  return fleet.all(kind).flatMap((object) => seenObject(fleet, sight, kind, object) ?? [])
}

/** Null for what is out of sight. */
function seenObject<K extends HostKind>(
  fleet: FleetState,
  sight: Sight,
  kind: K,
  object: FleetObjects[K],
): FleetObjects[K] | null {
  const isSeen = kind === 'volumes' ? sight.volume(object as Volume) : sight.objects(kind, object.hostId)
  if (!isSeen) return null
  return kind === 'pods' ? (seenPod(fleet, sight, object as Pod) as FleetObjects[K]) : object
}

/**
 * The fleet as somebody sees it who does not see all of it. It keeps what they hold, so that what leaves their sight is
 * told as removed, and what they never saw is not told at all.
 */
export class SeenFleet {
  private readonly fleet: FleetState
  /** Hosts and containers that they hold; of other kinds the host tells. */
  private readonly held = new Set<string>()
  /** Volumes that they hold of hosts of which they see not all, by host. */
  private readonly volumes = new Map<string, Set<string>>()

  constructor(fleet: FleetState) {
    this.fleet = fleet
  }

  snapshot(sight: Sight): FleetSnapshot {
    const { fleet, held } = this
    const hosts = fleet
      .hosts()
      .filter(({ id }) => sight.host(id))
      .map((host) => seenHost(sight, host))
    const containers = fleet.all('containers').filter(sight.container)
    held.clear()
    for (const { id } of hosts) held.add(id)
    for (const { hostId, id } of containers) held.add(objectKey(hostId, id))
    const objects = Object.fromEntries(
      hostKinds.map((kind) => [kind, seenObjects(fleet, sight, kind)]),
    ) as Pick<FleetSnapshot, HostKind>
    this.volumes.clear()
    for (const { hostId, id } of objects.volumes)
      if (!sight.objects('volumes', hostId)) this.volumesOf(hostId).add(id)
    return { hosts, ...objects, containers }
  }

  changes(sight: Sight, changes: readonly LiveChange[]): LiveChange[] {
    const seen = changes.flatMap((change) => this.change(sight, change) ?? [])
    // With a container its volumes come into sight, and leave it with the last one.
    const hostIds = new Set(
      seen.flatMap((change) =>
        change.type === 'put' && change.kind === 'containers'
          ? change.object.hostId
          : change.type === 'removed' && change.kind === 'containers'
            ? change.hostId
            : [],
      ),
    )
    return [...seen, ...[...hostIds].flatMap((hostId) => this.volumesAnew(sight, hostId))]
  }

  private volumesOf(hostId: string): Set<string> {
    const held = this.volumes.get(hostId) ?? new Set()
    this.volumes.set(hostId, held)
    return held
  }

  /** What has come into sight of a host's volumes, and what has left it. */
  private volumesAnew(sight: Sight, hostId: string): LiveChange[] {
    if (sight.objects('volumes', hostId)) return []
    const held = this.volumesOf(hostId)
    return this.fleet.all('volumes', hostId).flatMap((volume): LiveChange[] => {
      const { id } = volume
      const isSeen = sight.volume(volume)
      if (isSeen === held.has(id)) return []
      if (isSeen) held.add(id)
      else held.delete(id)
      return isSeen
        ? [{ type: 'put', kind: 'volumes', object: volume }]
        : [{ type: 'removed', kind: 'volumes', hostId, id }]
    })
  }

  private change(sight: Sight, change: LiveChange): LiveChange | null {
    switch (change.type) {
      case 'host': {
        const { id } = change.host
        if (!sight.host(id)) return this.lose(id)
        this.held.add(id)
        return { ...change, host: seenHost(sight, change.host) }
      }
      case 'hostRemoved':
        return this.lose(change.hostId)
      case 'put': {
        if (change.kind === 'volumes' && !sight.objects('volumes', change.object.hostId)) {
          const { hostId, id } = change.object
          const held = this.volumesOf(hostId)
          if (sight.volume(change.object)) {
            held.add(id)
            return change
          }
          return held.delete(id) ? { type: 'removed', kind: 'volumes', hostId, id } : null
        }
        if (change.kind !== 'containers') {
          const object = seenObject(this.fleet, sight, change.kind, change.object)
          return object && ({ ...change, object } as LiveChange)
        }
        const { hostId, id } = change.object
        const key = objectKey(hostId, id)
        if (sight.container(change.object)) {
          this.held.add(key)
          return change
        }
        return this.held.delete(key) ? { type: 'removed', kind: 'containers', hostId, id } : null
      }
      case 'removed': {
        const { kind, hostId, id } = change
        const isHeld =
          kind === 'containers'
            ? this.held.delete(objectKey(hostId, id))
            : sight.objects(kind, hostId) || (kind === 'volumes' && this.volumesOf(hostId).delete(id))
        return isHeld ? change : null
      }
    }
  }

  private lose(hostId: string): LiveChange | null {
    if (!this.held.delete(hostId)) return null
    this.volumes.delete(hostId)
    for (const key of this.held) if (key.startsWith(`${hostId}/`)) this.held.delete(key)
    return { type: 'hostRemoved', hostId }
  }
}
