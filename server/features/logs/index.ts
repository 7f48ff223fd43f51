import type { Access } from '../../access/access.ts'
import type { FleetState } from '../../fleet/fleet.ts'
import type { HostRegistry } from '../../fleet/host-registry.ts'
import type { Authorize } from '../../principal/principal.ts'
import type { Concurrency } from '../../web/concurrency.ts'
import { logRoutes } from './routes.ts'
import { createLogService } from './service.ts'
import { logSocket } from './socket.ts'

/** Logs of containers: followed by a socket, downloaded by a route. */
export function logsFeature(parts: {
  registry: HostRegistry
  fleet: FleetState
  access: Access
  /** Without a word in the audit log. */
  decide: Authorize
  concurrency: Concurrency
}) {
  const { registry, fleet, access, decide, concurrency } = parts
  const { visibilityOf, onChanged } = access
  const logs = createLogService({ registry, fleet, authorize: decide, visibilityOf, onChanged })
  return { logs, routes: logRoutes(logs), sockets: [logSocket(logs, concurrency)] }
}
