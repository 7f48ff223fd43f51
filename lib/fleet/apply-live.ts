import type { Host } from '../contracts/hosts.ts'
import { eachKind, type FleetObjects, type ObjectKind, objectKinds } from './kinds.ts'
import type { FleetFrame, LiveChange } from './live-protocol.ts'

/**
 * What a browser holds of the fleet. Hosts by id, objects by `objectKey`. A map is replaced when something in it
 * changed and only then, so a reader may compare by identity.
 */
export type FleetCache = {
  /** The server process the data came from; null before the first snapshot. */
  readonly epoch: string | null
  readonly seq: number
  readonly hosts: ReadonlyMap<string, Host>
} & { readonly [K in ObjectKind]: ReadonlyMap<string, FleetObjects[K]> }

type Objects = Pick<FleetCache, ObjectKind>

export const emptyFleet: FleetCache = {
  epoch: null,
  seq: 0,
  hosts: new Map(),
  ...(eachKind(() => new Map()) as Objects),
}

/** Ids are unique only within a host: the same image id lives on many. */
export function objectKey(hostId: string, id: string): string {
  return `${hostId}/${id}`
}

/**
 * The fleet after a frame. Pure; a delta at or below the cache's seq is a repetition after a resume and changes
 * nothing. `resumed` keeps the data: what was missed follows as deltas with their own seq.
 */
export function applyLive(cache: FleetCache, frame: FleetFrame): FleetCache {
  switch (frame.type) {
    case 'snapshot': {
      const { snapshot } = frame
      return {
        epoch: frame.epoch,
        seq: frame.seq,
        hosts: new Map(snapshot.hosts.map((host) => [host.id, host])),
        ...(eachKind(
          (kind) => new Map(snapshot[kind].map((object) => [objectKey(object.hostId, object.id), object])),
        ) as Partial<Objects> as Objects),
      }
    }
    case 'delta':
      return frame.seq <= cache.seq ? cache : applyChanges(cache, frame.seq, frame.changes)
    case 'resumed':
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
