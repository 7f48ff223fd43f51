import type { z } from 'zod'
import { actOfAction, refusalOf } from '#lib/containers/rules.ts'
import { type BulkPlan, bulkInputSchema, type bulkStartSchema } from '#lib/contracts/bulk.ts'
import type { TaskResult } from '#lib/contracts/task-kinds.ts'
import type { Task } from '#lib/contracts/tasks.ts'
import type { VisibilityOf } from '../../access/visibility.ts'
import { authorizeAct } from '../../acts/authorize-act.ts'
import { AppError } from '../../errors.ts'
import type { FleetState } from '../../fleet/fleet.ts'
import type { HostRegistry } from '../../fleet/host-registry.ts'
import type { Authorize, Principal } from '../../principal/principal.ts'
import { defineTask, type PlannedStep, type TaskDefinition, type TaskService } from '../../tasks/types.ts'
import { keptAction, takenUpAction } from './bulk-outcome.ts'
import type { ContainerService } from './service.ts'

type Input = z.output<typeof bulkInputSchema>

export interface BulkService {
  plan(principal: Principal, input: Input): BulkPlan
  /** Starts what the plan of this moment does not refuse. Throws task_empty when that is nothing. */
  start(principal: Principal, input: z.output<typeof bulkStartSchema>): Promise<Task>
}

export const bulkKind = 'containers.action'

/** The kind of task that acts on containers. A retry acts also on those whose state has changed since: what is done already says so. */
export function bulkTask(parts: {
  containers: ContainerService
  registry: HostRegistry
  fleet: FleetState
  visibilityOf: VisibilityOf
}): TaskDefinition {
  const { containers, registry, fleet, visibilityOf } = parts
  return defineTask({
    kind: bulkKind,
    params: ({ action, containers: refs }) => ({ action, count: refs.length }),
    plan: ({ action, containers: refs, options }, principal) =>
      refs.flatMap(({ hostId, containerId }): PlannedStep<TaskResult<'containers.action'>>[] => {
        const container = fleet.get('containers', hostId, containerId)
        if (!container || !visibilityOf(principal).container(container)) return []
        return [
          {
            key: `${hostId}/${containerId}`,
            hostId,
            objectId: containerId,
            subject: container.name,
            verb: action,
            act: actOfAction[action],
            kept: () =>
              keptAction({ action, options }, fleet.get('containers', hostId, containerId) ?? container),
            async run({ progress }) {
              if (action === 'stop' || action === 'restart')
                void graceOf(registry, hostId, containerId, options.graceSeconds).then(
                  (seconds) =>
                    progress([
                      {
                        id: 'stop',
                        label: '',
                        current: 0,
                        total: seconds < 0 ? null : seconds,
                        unit: 'seconds',
                      },
                    ]),
                  // The act itself tells what is wrong.
                  () => {},
                )
              const { outcome } = await containers.act(principal, hostId, containerId, action, options)
              return { outcome }
            },
          },
        ]
      }),
    takeUp: takenUpAction,
  })
}

/** What engines give a container that says nothing. */
const usualGraceSeconds = 10

/**
 * Seconds that a container has to end before it is killed, below 0 for ever. Asked beside the stop: Docker's inspect waits for a
 * container that hangs, which may be the one that is stopped.
 */
async function graceOf(
  registry: HostRegistry,
  hostId: string,
  id: string,
  given: number | undefined,
): Promise<number> {
  if (given !== undefined) return given
  const inspect = await registry.engine(hostId).containers.inspect(id)
  const { StopTimeout } = (inspect as { Config?: { StopTimeout?: number | null } }).Config ?? {}
  return StopTimeout ?? usualGraceSeconds
}

export function createBulkService(parts: {
  tasks: TaskService
  fleet: FleetState
  registry: HostRegistry
  authorize: Authorize
  visibilityOf: VisibilityOf
}): BulkService {
  const { tasks, fleet, registry, authorize, visibilityOf } = parts
  const plan = (principal: Principal, { action, containers, options }: Input): BulkPlan => {
    const visibility = visibilityOf(principal)
    const online = new Set(
      registry
        .list()
        .filter((host) => host.state === 'online')
        .map((host) => host.id),
    )
    return {
      items: containers.map(({ hostId, containerId }) => {
        const known = fleet.get('containers', hostId, containerId)
        const container = known && visibility.container(known) ? known : undefined
        const item = { hostId, containerId, name: container?.name ?? containerId.slice(0, 12) }
        if (!container) return { ...item, state: '', refused: 'gone' }
        const refused = !may(authorize, principal, action, hostId, containerId)
          ? 'denied'
          : online.has(hostId)
            ? refusalOf(action, container, options)
            : 'host'
        return { ...item, state: container.state, refused }
      }),
    }
  }
  return {
    plan,
    async start(principal, { width, stopOnFailure, ...input }) {
      const containers = plan(principal, input)
        .items.filter((item) => item.refused === null)
        .map(({ hostId, containerId }) => ({ hostId, containerId }))
      // An empty list is refused by the schema in words for programs; a person is told that nothing fits.
      if (containers.length === 0) throw new AppError('task_empty')
      return tasks.start(principal, bulkKind, { ...input, containers }, { width, stopOnFailure })
    },
  }
}

function may(
  authorize: Authorize,
  principal: Principal,
  action: Input['action'],
  hostId: string,
  objectId: string,
): boolean {
  try {
    authorizeAct(authorize, principal, actOfAction[action], { hostId, objectId })
    return true
  } catch {
    return false
  }
}
