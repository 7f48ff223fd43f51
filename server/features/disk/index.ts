import type { TaskService } from '../../tasks/types.ts'
import { pruneRoutes } from './routes.ts'
import { createPruneService, type Parts, pruneTask } from './service.ts'

/** What takes room on a host, and taking away what nothing uses. */
export function diskFeature(parts: Parts & { tasks: TaskService }) {
  return { routes: pruneRoutes(createPruneService(parts)), tasks: [pruneTask(parts)] }
}
