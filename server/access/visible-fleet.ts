import type { Host } from '#lib/contracts/hosts.ts'
import type { Pod } from '#lib/contracts/pods.ts'
import type { Volume } from '#lib/contracts/volumes.ts'
import { objectKey } from '#lib/fleet/apply-live.ts'
import { type FleetObjects, type HostKind, hostKinds } from '#lib/fleet/kinds.ts'
import type { FleetSnapshot, LiveChange } from '#lib/fleet/live-protocol.ts'
import type { FleetState } from '../fleet/fleet.ts'
import type { Visibility } from './visibility.ts'

/** A host as somebody sees it: what an engine says of lists that failed may name what they do not see. */
export function seenHost(visibility: Visibility, host: Host): Host {
  if (visibility.everything || visibility.mayHostWide('containers.view', host.id)) return host
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
function seenPod(fleet: FleetState, visibility: Visibility, pod: Pod): Pod {
  if (visibility.everything) return pod
  const isSeen = (id: string) => {
    const container = fleet.get('containers', pod.hostId, id)
    return container !== undefined && visibility.container(container)
  }
  return { ...pod, containerIds: pod.containerIds.filter(isSeen) }
}

/** Objects of a kind, of all hosts, as somebody sees them. */
export function seenObjects<K extends HostKind>(
  fleet: FleetState,
  visibility: Visibility,
  kind: K,
): FleetObjects[K][] {
  return fleet.all(kind).flatMap((object) => seenObject(fleet, visibility, kind, object) ?? [])
}

/** Null for what is out of sight. */
function seenObject<K extends HostKind>(
  fleet: FleetState,
  visibility: Visibility,
  kind: K,
  object: FleetObjects[K],
): FleetObjects[K] | null {
  const isSeen =
    kind === 'volumes' ? visibility.volume(object as Volume) : visibility.objects(kind, object.hostId)
  if (!isSeen) return null
  return kind === 'pods' ? (seenPod(fleet, visibility, object as Pod) as FleetObjects[K]) : object
}

/**
 * The fleet as somebody sees it who does not see all of it. It keeps what they hold, so that what leaves their visibility is
 * told as removed, and what they never saw is not told at all.
 */
export class VisibleFleet {
  private readonly fleet: FleetState
  /** Hosts and containers that they hold; of other kinds the host tells. */
  private readonly held = new Set<string>()
  /** Volumes that they hold of hosts of which they see not all, by host. */
  private readonly volumes = new Map<string, Set<string>>()

  constructor(fleet: FleetState) {
    this.fleet = fleet
  }

  snapshot(visibility: Visibility): FleetSnapshot {
    const { fleet, held } = this
    const hosts = fleet
      .hosts()
      .filter(({ id }) => visibility.host(id))
      .map((host) => seenHost(visibility, host))
    const containers = fleet.all('containers').filter(visibility.container)
    held.clear()
    for (const { id } of hosts) held.add(id)
    for (const { hostId, id } of containers) held.add(objectKey(hostId, id))
    const objects = Object.fromEntries(
      hostKinds.map((kind) => [kind, seenObjects(fleet, visibility, kind)]),
    ) as Pick<FleetSnapshot, HostKind>
    this.volumes.clear()
    for (const { hostId, id } of objects.volumes)
      if (!visibility.objects('volumes', hostId)) this.volumesOf(hostId).add(id)
    return { hosts, ...objects, containers }
  }

  changes(visibility: Visibility, changes: readonly LiveChange[]): LiveChange[] {
    const seen = changes.flatMap((change) => this.change(visibility, change) ?? [])
    // With a container its volumes come into visibility, and leave it with the last one.
    const hostIds = new Set(
      seen.flatMap((change) =>
        change.type === 'put' && change.kind === 'containers'
          ? change.object.hostId
          : change.type === 'removed' && change.kind === 'containers'
            ? change.hostId
            : [],
      ),
    )
    return [...seen, ...[...hostIds].flatMap((hostId) => this.volumesAnew(visibility, hostId))]
  }

  private volumesOf(hostId: string): Set<string> {
    const held = this.volumes.get(hostId) ?? new Set()
    this.volumes.set(hostId, held)
    return held
  }

  /** What has come into visibility of a host's volumes, and what has left it. */
  private volumesAnew(visibility: Visibility, hostId: string): LiveChange[] {
    if (visibility.objects('volumes', hostId)) return []
    const held = this.volumesOf(hostId)
    return this.fleet.all('volumes', hostId).flatMap((volume): LiveChange[] => {
      const { id } = volume
      const isSeen = visibility.volume(volume)
      if (isSeen === held.has(id)) return []
      if (isSeen) held.add(id)
      else held.delete(id)
      return isSeen
        ? [{ type: 'put', kind: 'volumes', object: volume }]
        : [{ type: 'removed', kind: 'volumes', hostId, id }]
    })
  }

  private change(visibility: Visibility, change: LiveChange): LiveChange | null {
    switch (change.type) {
      case 'host': {
        const { id } = change.host
        if (!visibility.host(id)) return this.lose(id)
        this.held.add(id)
        return { ...change, host: seenHost(visibility, change.host) }
      }
      case 'hostRemoved':
        return this.lose(change.hostId)
      case 'put': {
        if (change.kind === 'volumes' && !visibility.objects('volumes', change.object.hostId)) {
          const { hostId, id } = change.object
          const held = this.volumesOf(hostId)
          if (visibility.volume(change.object)) {
            held.add(id)
            return change
          }
          return held.delete(id) ? { type: 'removed', kind: 'volumes', hostId, id } : null
        }
        if (change.kind !== 'containers') {
          const object = seenObject(this.fleet, visibility, change.kind, change.object)
          return object && ({ ...change, object } as LiveChange)
        }
        const { hostId, id } = change.object
        const key = objectKey(hostId, id)
        if (visibility.container(change.object)) {
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
            : visibility.objects(kind, hostId) || (kind === 'volumes' && this.volumesOf(hostId).delete(id))
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
