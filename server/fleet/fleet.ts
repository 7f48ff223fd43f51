import type { Host } from '#lib/contracts/hosts.ts'
import type { FleetObjects, ObjectKind } from '#lib/fleet/kinds.ts'
import type { LiveChange } from '#lib/fleet/live-protocol.ts'
import type { Subscribe } from '../publisher.ts'

/** All objects of all hosts, in memory. Answers lists without asking an engine. */
export interface FleetState {
  readonly epoch: string
  readonly seq: number
  hosts(): Host[]
  /** All of a kind, over all hosts or one. */
  all<K extends ObjectKind>(kind: K, hostId?: string): FleetObjects[K][]
  get<K extends ObjectKind>(kind: K, hostId: string, id: string): FleetObjects[K] | undefined
  /** Changes with seq greater than `seq`, or null when the buffer no longer reaches back. */
  since(seq: number): { seq: number; changes: LiveChange[] }[] | null
  /** Batches of changes, in seq order. */
  subscribe: Subscribe<{ seq: number; changes: LiveChange[] }>
}
