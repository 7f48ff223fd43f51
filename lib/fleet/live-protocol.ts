import type { Host } from '../contracts/hosts.ts'
import type { FleetObjects, ObjectKind } from './kinds.ts'

/**
 * The live socket, `GET /api/live` (WebSocket, JSON text frames, at most 64 KiB from the browser).
 *
 * The browser sends `hello`, with the epoch and seq it holds after a cut. The server answers `snapshot`, or, when the
 * epoch is its own and its buffer still reaches back to seq, `resumed` and then only what was missed. Then `delta`
 * frames follow in seq order. An epoch belongs to one server process: on another replica the browser gets a snapshot.
 */
export type LiveChange =
  | { type: 'host'; host: Host }
  | { type: 'hostRemoved'; hostId: string }
  | { [K in ObjectKind]: { type: 'put'; kind: K; object: FleetObjects[K] } }[ObjectKind]
  | { type: 'removed'; kind: ObjectKind; hostId: string; id: string }

export type FleetSnapshot = { hosts: Host[] } & { [K in ObjectKind]: FleetObjects[K][] }

export type ServerFrame =
  | { type: 'snapshot'; epoch: string; seq: number; now: string; snapshot: FleetSnapshot }
  | { type: 'resumed'; epoch: string; seq: number; now: string }
  | { type: 'delta'; seq: number; changes: LiveChange[] }
  /** Every 10 s, so that both ends notice a cut; `now` is the server's clock, for ages. */
  | { type: 'beat'; seq: number; now: string }

export type ClientFrame = { type: 'hello'; epoch?: string; seq?: number }
