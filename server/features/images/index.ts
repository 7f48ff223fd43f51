import { join } from 'node:path'
import type { VisibilityOf } from '../../access/visibility.ts'
import type { Audit } from '../../audit/service.ts'
import type { Config } from '../../config.ts'
import type { MemoryFleet } from '../../fleet/fleet-state.ts'
import type { HostRegistry } from '../../fleet/host-registry.ts'
import type { Authorize } from '../../principal/principal.ts'
import type { TaskService } from '../../tasks/types.ts'
import type { RegistryService } from '../registries/service.ts'
import { createImageArchives } from './archives.ts'
import { buildTask, followBuilds } from './build.ts'
import { createBuildContexts } from './build-contexts.ts'
import { createBuildOutputs } from './build-output.ts'
import { imageBuildRoutes } from './build-routes.ts'
import { createBuildSecrets } from './build-secrets.ts'
import { copyTask } from './copy.ts'
import { imageCopyRoutes } from './copy-routes.ts'
import { imageRoutes } from './routes.ts'
import { createImageService } from './service.ts'
import { pullTask, pushTask } from './transfer.ts'

/** Images of all hosts: lists, pull, push, copy between hosts, download, build. */
export function imagesFeature(parts: {
  config: Config
  fleet: MemoryFleet
  registry: HostRegistry
  registries: RegistryService
  tasks: TaskService
  audit: Audit
  authorize: Authorize
  /** As `authorize`, without a word in the audit log. */
  decide: Authorize
  visibilityOf: VisibilityOf
}) {
  const { config, tasks, decide } = parts
  const contexts = createBuildContexts(join(config.dataFolder, 'builds'))
  const outputs = createBuildOutputs()
  const secrets = createBuildSecrets()
  followBuilds(tasks, contexts, secrets)
  return {
    routes: [
      ...imageRoutes(createImageService({ ...parts, authorize: decide }), parts, tasks),
      ...imageCopyRoutes(createImageArchives(parts), tasks),
      ...imageBuildRoutes({ contexts, outputs, secrets, tasks }),
    ],
    tasks: [
      pullTask(parts),
      pushTask(parts),
      copyTask(parts),
      buildTask({ ...parts, contexts, outputs, secrets }),
    ],
    close() {
      contexts.stop()
      secrets.stop()
    },
  }
}
