import type { TaskResult } from '#lib/contracts/task-kinds.ts'
import type { VisibilityOf } from '../../access/visibility.ts'
import { AppError } from '../../errors.ts'
import type { FleetState } from '../../fleet/fleet.ts'
import type { HostRegistry } from '../../fleet/host-registry.ts'
import { defineTask, type PlannedStep, type TaskDefinition } from '../../tasks/types.ts'

export const waitKind = 'containers.wait'

/** Waits until containers end, and keeps their exit codes: a job of hours is looked at once. */
export function waitTask(parts: {
  fleet: FleetState
  registry: HostRegistry
  visibilityOf: VisibilityOf
}): TaskDefinition {
  const { fleet, registry, visibilityOf } = parts
  return defineTask({
    kind: waitKind,
    params: ({ containers }) => ({ count: containers.length }),
    plan: ({ containers }, principal) =>
      containers.map(({ hostId, containerId }): PlannedStep<TaskResult<'containers.wait'>> => {
        const container = fleet.get('containers', hostId, containerId)
        if (!container || !visibilityOf(principal).container(container))
          throw new AppError('container_not_found', { hostId, objectId: containerId })
        return {
          key: `wait ${hostId}/${containerId}`,
          hostId,
          objectId: containerId,
          subject: container.name,
          verb: 'wait',
          act: 'container.view',
          onlyWaits: true,
          async run({ signal }) {
            return { exitCode: await registry.engine(hostId).containers.wait(containerId, signal) }
          },
        }
      }),
  })
}
