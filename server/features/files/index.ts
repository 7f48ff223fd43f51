import type { Policy } from '../../create-policy/index.ts'
import type { FleetState } from '../../fleet/fleet.ts'
import type { HostRegistry } from '../../fleet/host-registry.ts'
import type { Authorize } from '../../principal/principal.ts'
import { fileRoutes } from './routes.ts'
import { createFileService } from './service.ts'

/** Files inside containers. */
export function filesFeature(parts: {
  fleet: FleetState
  registry: HostRegistry
  authorize: Authorize
  policy: Policy
}) {
  return { routes: fileRoutes(createFileService(parts)) }
}
