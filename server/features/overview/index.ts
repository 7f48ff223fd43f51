import type { Access } from '../../access/access.ts'
import type { MemoryFleet } from '../../fleet/fleet-state.ts'
import type { Log } from '../../log.ts'
import type { Feature } from '../../web/feature.ts'
import { fleetRoutes } from './routes.ts'
import { liveSocket } from './socket.ts'

/** All objects of all hosts as a browser follows them, and lists of kinds that have no actions yet. */
export function overviewFeature({
  fleet,
  access,
  log,
}: {
  fleet: MemoryFleet
  access: Access
  log: Log
}): Feature {
  const live = liveSocket(fleet, access, log)
  return {
    routes: fleetRoutes({ fleet, sightOf: access.sightOf }),
    sockets: [live],
    close: () => live.stop(),
  }
}
