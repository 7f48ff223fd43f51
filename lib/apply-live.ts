import type { Container } from './contracts/containers.ts'
import type { Host } from './contracts/hosts.ts'
import type { Image } from './contracts/images.ts'
import type { Network } from './contracts/networks.ts'
import type { Pod } from './contracts/pods.ts'
import type { Volume } from './contracts/volumes.ts'
import { type LiveChange, type ObjectKind, objectKinds, type ServerFrame } from './live-protocol.ts'

/**
 * What a browser holds of the fleet. Hosts by id, objects by `objectKey`. A map is replaced when something in it
 * changed and only then, so a reader may compare by identity.
 */
export interface FleetCache {
  /** The server process the data came from; null before the first snapshot. */
  readonly epoch: string | null
  readonly seq: number
  readonly hosts: ReadonlyMap<string, Host>
  readonly containers: ReadonlyMap<string, Container>
  readonly images: ReadonlyMap<string, Image>
  readonly volumes: ReadonlyMap<string, Volume>
  readonly networks: ReadonlyMap<string, Network>
  readonly pods: ReadonlyMap<string, Pod>
}

export const emptyFleet: FleetCache = {
  epoch: null,
  seq: 0,
  hosts: new Map(),
  containers: new Map(),
  images: new Map(),
  volumes: new Map(),
  networks: new Map(),
  pods: new Map(),
}

/** Ids are unique only within a host: the same image id lives on many. */
export function objectKey(hostId: string, id: string): string {
  return `${hostId}/${id}`
}

/**
 * The fleet after a frame. Pure; a delta at or below the cache's seq is a repetition after a resume and changes
 * nothing. `resumed` keeps the data: what was missed follows as deltas with their own seq.
 */
export function applyLive(cache: FleetCache, frame: ServerFrame): FleetCache {
  switch (frame.type) {
    case 'snapshot': {
      const { snapshot } = frame
      const keyed = <T extends { hostId: string; id: string }>(objects: readonly T[]) =>
        new Map(objects.map((object) => [objectKey(object.hostId, object.id), object]))
      return {
        epoch: frame.epoch,
        seq: frame.seq,
        hosts: new Map(snapshot.hosts.map((host) => [host.id, host])),
        containers: keyed(snapshot.containers),
        images: keyed(snapshot.images),
        volumes: keyed(snapshot.volumes),
        networks: keyed(snapshot.networks),
        pods: keyed(snapshot.pods),
      }
    }
    case 'delta':
      return frame.seq <= cache.seq ? cache : applyChanges(cache, frame.seq, frame.changes)
    case 'resumed':
    case 'beat':
      return cache
  }
}

function applyChanges(cache: FleetCache, seq: number, changes: readonly LiveChange[]): FleetCache {
  const next = { ...cache, seq }
  const copied = new Set<string>()
  /** The map to write to: copied at the first write of this frame. */
  const writable = <K extends ObjectKind | 'hosts'>(kind: K): Map<string, unknown> => {
    if (!copied.has(kind)) {
      copied.add(kind)
      Object.assign(next, { [kind]: new Map(next[kind] as ReadonlyMap<string, unknown>) })
    }
    return next[kind] as unknown as Map<string, unknown>
  }
  for (const change of changes) {
    switch (change.type) {
      case 'host':
        writable('hosts').set(change.host.id, change.host)
        break
      case 'hostRemoved':
        writable('hosts').delete(change.hostId)
        for (const kind of objectKinds) {
          for (const [key, object] of next[kind]) {
            if (object.hostId === change.hostId) writable(kind).delete(key)
          }
        }
        break
      case 'put':
        writable(change.kind).set(objectKey(change.object.hostId, change.object.id), change.object)
        break
      case 'removed':
        writable(change.kind).delete(objectKey(change.hostId, change.id))
        break
    }
  }
  return next
}
