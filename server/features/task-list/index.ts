import type { Access } from '../../access/access.ts'
import type { TaskService } from '../../tasks/types.ts'
import { taskRoutes } from './routes.ts'
import { taskTopic } from './topic.ts'

/** Long work as people see it: the list, live, with cancel, retry and dismiss. */
export function taskListFeature({ tasks, access }: { tasks: TaskService; access: Access }) {
  return { routes: taskRoutes(tasks), topics: [taskTopic(tasks, access)] }
}
