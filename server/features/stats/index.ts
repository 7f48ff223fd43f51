import type { Access } from '../../access/access.ts'
import type { FleetState } from '../../fleet/fleet.ts'
import type { HostRegistry } from '../../fleet/host-registry.ts'
import type { Log } from '../../log.ts'
import type { Authorize } from '../../principal/principal.ts'
import type { Concurrency } from '../../web/concurrency.ts'
import { containerStatsTopic } from './container-topic.ts'
import { fleetStatsTopic } from './fleet-topic.ts'
import { createStats } from './service.ts'

/** Use of processor, memory, network and disk, as it was and live. */
export function statsFeature(parts: {
  registry: HostRegistry
  fleet: FleetState
  access: Access
  authorize: Authorize
  concurrency: Concurrency
  log: Log
}) {
  const stats = createStats(parts)
  const summary = fleetStatsTopic({ ...parts, store: stats.store })
  return {
    stats,
    routes: [],
    topics: [summary.topic, containerStatsTopic(stats, parts.concurrency)],
    close() {
      summary.stop()
      stats.stop()
    },
  }
}
