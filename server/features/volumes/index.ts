import type { TaskService } from '../../tasks/types.ts'
import { volumeRoutes } from './routes.ts'
import { createVolumeService, type VolumeParts } from './service.ts'
import { createVolumesTask, removeVolumesTask } from './tasks.ts'

/** Volumes of all hosts: what each is and who has it, making them and taking them away. */
export function volumesFeature(parts: VolumeParts & { tasks: TaskService }) {
  return {
    routes: volumeRoutes(createVolumeService(parts), parts),
    tasks: [createVolumesTask(parts), removeVolumesTask(parts)],
  }
}
