import type { ClockTrust } from '../../clock-trust.ts'
import type { Config } from '../../config.ts'
import type { Database } from '../../db/schema.ts'
import type { HostRegistry } from '../../fleet/host-registry.ts'
import type { Log } from '../../log.ts'
import type { Authorize } from '../../principal/principal.ts'
import type { TaskService } from '../../tasks/types.ts'
import { createArchiveLibrary } from './library.ts'
import { loadTask } from './load.ts'
import { createArchiveRepository } from './repository.ts'
import { archiveRoutes } from './routes.ts'
import { createUnmeasured } from './unmeasured.ts'
import { archiveUploadRoutes } from './upload-routes.ts'

/** The library of image archives: uploads, what is in them, loading them on hosts. */
export async function archivesFeature(parts: {
  config: Config
  db: Database
  registry: HostRegistry
  tasks: TaskService
  authorize: Authorize
  clock: ClockTrust
  log: Log
}) {
  const { config, db, tasks, clock, log } = parts
  const { dataFolder, basePath } = config
  const library = await createArchiveLibrary({
    repository: createArchiveRepository(db),
    dataFolder,
    log,
    clock,
  })
  return {
    routes: [
      ...archiveRoutes(library, tasks),
      ...archiveUploadRoutes(library, createUnmeasured(dataFolder), basePath),
    ],
    tasks: [loadTask({ ...parts, library })],
    close: () => library.stop(),
  }
}
