import type { Host } from '../contracts/hosts.ts'
import type { FleetObjects, ObjectKind } from './kinds.ts'

/**
 * The topic `fleet` of the live socket. The browser asks with the epoch and seq that it holds after a cut. The server
 * answers `snapshot`, or, when the epoch is its own and its buffer still reaches back to seq, `resumed` and then only what
 * was missed. Then `delta` frames follow in seq order. An epoch belongs to one server process: on another replica the
 * browser gets a snapshot.
 */
export type LiveChange =
  | { type: 'host'; host: Host }
  | { type: 'hostRemoved'; hostId: string }
  | { [K in ObjectKind]: { type: 'put'; kind: K; object: FleetObjects[K] } }[ObjectKind]
  | { type: 'removed'; kind: ObjectKind; hostId: string; id: string }

export type FleetSnapshot = { hosts: Host[] } & { [K in ObjectKind]: FleetObjects[K][] }

export type FleetFrame =
  /** `now` is the server's clock, for ages. */
  | { type: 'snapshot'; epoch: string; seq: number; now: string; snapshot: FleetSnapshot }
  | { type: 'resumed'; epoch: string; seq: number; now: string }
  | { type: 'delta'; seq: number; changes: LiveChange[] }
