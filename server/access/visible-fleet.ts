import type { Host } from '#lib/contracts/hosts.ts'
import type { Pod } from '#lib/contracts/pods.ts'
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
  if (!sight.objects(kind, object.hostId)) return null
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
    return {
      hosts,
      ...(Object.fromEntries(hostKinds.map((kind) => [kind, seenObjects(fleet, sight, kind)])) as Pick<
        FleetSnapshot,
        HostKind
      >),
      containers,
    }
  }

  changes(sight: Sight, changes: readonly LiveChange[]): LiveChange[] {
    return changes.flatMap((change) => this.change(sight, change) ?? [])
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
          kind === 'containers' ? this.held.delete(objectKey(hostId, id)) : sight.objects(kind, hostId)
        return isHeld ? change : null
      }
    }
  }

  private lose(hostId: string): LiveChange | null {
    if (!this.held.delete(hostId)) return null
    for (const key of this.held) if (key.startsWith(`${hostId}/`)) this.held.delete(key)
    return { type: 'hostRemoved', hostId }
  }
}
