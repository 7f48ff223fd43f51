import { objectKey } from '#lib/apply-live.ts'
import type { Pod } from '#lib/contracts/pods.ts'
import type { FleetSnapshot, LiveChange } from '#lib/live-protocol.ts'
import type { Sight } from '../auth/sight.ts'
import type { FleetState } from './types.ts'

/** A pod with those of its containers that are in sight; null when it is out of it. */
export function seenPod(fleet: FleetState, sight: Sight, pod: Pod): Pod | null {
  if (!sight.objects('pods', pod.hostId)) return null
  if (sight.everything) return pod
  const isSeen = (id: string) => {
    const container = fleet.get('containers', pod.hostId, id)
    return container !== undefined && sight.container(container)
  }
  return { ...pod, containerIds: pod.containerIds.filter(isSeen) }
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
    const hosts = fleet.hosts().filter(({ id }) => sight.host(id))
    const containers = fleet.all('containers').filter(sight.container)
    held.clear()
    for (const { id } of hosts) held.add(id)
    for (const { hostId, id } of containers) held.add(objectKey(hostId, id))
    return {
      ...{ hosts, containers },
      images: fleet.all('images').filter(({ hostId }) => sight.objects('images', hostId)),
      volumes: fleet.all('volumes').filter(({ hostId }) => sight.objects('volumes', hostId)),
      networks: fleet.all('networks').filter(({ hostId }) => sight.objects('networks', hostId)),
      pods: fleet.all('pods').flatMap((pod) => seenPod(fleet, sight, pod) ?? []),
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
        return change
      }
      case 'hostRemoved':
        return this.lose(change.hostId)
      case 'put': {
        if (change.kind === 'pods') {
          const pod = seenPod(this.fleet, sight, change.object)
          return pod && { ...change, object: pod }
        }
        if (change.kind !== 'containers')
          return sight.objects(change.kind, change.object.hostId) ? change : null
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
