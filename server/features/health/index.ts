import type { FolderWatch } from '../../db/folder-watch.ts'
import type { Database } from '../../db/schema.ts'
import { healthRoutes } from './routes.ts'

/** Whether the process lives, and whether it can work. */
export function healthFeature({ db, dataFolder }: { db: Database; dataFolder: FolderWatch }) {
  return { routes: healthRoutes(db, dataFolder) }
}
