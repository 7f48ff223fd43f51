import type { Access } from '../../access/access.ts'
import type { Policy } from '../../create-policy/index.ts'
import type { MemoryFleet } from '../../fleet/fleet-state.ts'
import type { HostRegistry } from '../../fleet/host-registry.ts'
import type { Authorize } from '../../principal/principal.ts'
import type { TaskService } from '../../tasks/types.ts'
import type { RegistryService } from '../registries/service.ts'
import { bulkRoutes } from './bulk-routes.ts'
import { bulkTask, createBulkService } from './bulk-service.ts'
import { createContainerTask } from './create.ts'
import { containerCreateRoutes } from './create-routes.ts'
import { createCreateService } from './create-service.ts'
import { containerDetailRoutes } from './detail-routes.ts'
import { createContainerDetails } from './details.ts'
import { recreateTask } from './recreate.ts'
import { containerRoutes } from './routes.ts'
import { createContainerService } from './service.ts'
import { waitTask } from './wait.ts'

/** Containers of all hosts: their lists and actions, one or many at a time, making them and making them anew. */
export function containersFeature(parts: {
  fleet: MemoryFleet
  registry: HostRegistry
  registries: RegistryService
  tasks: TaskService
  access: Access
  authorize: Authorize
  /** As `authorize`, without a word in the audit log. */
  decide: Authorize
  policy: Policy
}) {
  const { tasks, access, decide } = parts
  const { visibilityOf, authorizeChange } = access
  const services = { ...parts, visibilityOf, authorizeChange }
  const containers = createContainerService(services)
  return {
    routes: [
      ...containerRoutes(containers, services),
      ...containerDetailRoutes(createContainerDetails(services), tasks),
      ...containerCreateRoutes(createCreateService(services)),
      ...bulkRoutes(createBulkService({ ...services, authorize: decide })),
    ],
    tasks: [
      bulkTask({ ...services, containers }),
      waitTask(services),
      createContainerTask(services),
      recreateTask(services),
    ],
  }
}
