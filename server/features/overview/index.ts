import type { Access } from '../../access/access.ts'
import type { MemoryFleet } from '../../fleet/fleet-state.ts'
import type { Log } from '../../log.ts'
import { fleetRoutes } from './routes.ts'
import { fleetTopic } from './topic.ts'

/** All objects of all hosts as a browser follows them, and lists of kinds that have no actions yet. */
export function overviewFeature({ fleet, access, log }: { fleet: MemoryFleet; access: Access; log: Log }) {
  const { topic, stop } = fleetTopic(fleet, access, log)
  return {
    routes: fleetRoutes({ fleet, visibilityOf: access.visibilityOf }),
    topics: [topic],
    close: stop,
  }
}
