import type { Host } from '#lib/contracts/hosts.ts'
import type { EngineClient } from '../engine/types.ts'
import type { Subscribe } from '../publisher.ts'
import type { ReadingReport } from './reading.ts'

export type HostChange =
  | { type: 'changed'; host: Host }
  /** The host became online (again): subscribe to events, then list. Carries the engine client of this connection. */
  | { type: 'connected'; host: Host; engine: EngineClient }
  /** Left online for any reason; streams of that connection are over or useless. */
  | { type: 'disconnected'; host: Host }
  | { type: 'removed'; hostId: string }

/** The registered hosts with their connections. The only giver of engine clients. */
export interface HostRegistry {
  list(): Host[]
  /** Throws host_not_found. */
  get(hostId: string): Host
  /**
   * The engine client of an online host. Throws host_paused, host_connecting, host_unreachable, host_unresponsive or
   * host_unauthorised at once, without dialling.
   */
  engine(hostId: string): EngineClient
  /** A stream of that host broke: check it now instead of at the next ping. */
  suspect(hostId: string): void
  /** The live state tells when the host's objects last equalled the engine's. Announced with the next change or beat. */
  markSynced(hostId: string, at: Date): void
  /** Where the live state tells whether a host's objects can be read. Throws host_not_found. */
  reading(hostId: string): ReadingReport
  subscribe: Subscribe<HostChange>
}
