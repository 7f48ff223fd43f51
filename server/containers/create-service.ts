import type { z } from 'zod'
import type { createInputSchema, recreateInputSchema, SpecAnswer } from '#lib/contracts/container-create.ts'
import type { Task, TaskOptions } from '#lib/contracts/tasks.ts'
import type { Authorize, Principal } from '../auth/types.ts'
import { AppError } from '../errors.ts'
import type { HostRegistry } from '../hosts/types.ts'
import type { FleetState } from '../live/types.ts'
import type { TaskService } from '../tasks/types.ts'
import { createKind } from './create.ts'
import type { ContainerRef } from './details.ts'
import type { Inspected } from './kept-fields.ts'
import { recreateKind } from './recreate.ts'
import { specFromInspect } from './spec-from-inspect.ts'

export interface CreateService {
  /** What a container was made with. Holds environment values: for who may create and reveal. */
  spec(principal: Principal, ref: ContainerRef, signal: AbortSignal): Promise<SpecAnswer>
  /** Throws denied for a host where the person may not, invalid_input for faults of the spec. */
  create(principal: Principal, input: z.output<typeof createInputSchema>, options: TaskOptions): Promise<Task>
  recreate(
    principal: Principal,
    ref: ContainerRef,
    input: z.output<typeof recreateInputSchema>,
  ): Promise<Task>
}

export function createCreateService(parts: {
  fleet: FleetState
  registry: HostRegistry
  authorize: Authorize
  tasks: TaskService
}): CreateService {
  const { fleet, registry, authorize, tasks } = parts
  const find = ({ hostId, containerId }: ContainerRef) => {
    const container = fleet.get('containers', hostId, containerId)
    if (!container) throw new AppError('container_not_found', { hostId, objectId: containerId })
    return container
  }
  return {
    async spec(principal, ref, signal) {
      const where = { hostId: ref.hostId, objectId: ref.containerId }
      for (const permission of ['containers.create', 'containers.reveal'] as const)
        authorize(principal, permission, where)
      const { name } = find(ref)
      try {
        const engine = registry.engine(ref.hostId)
        const inspect = (await engine.inspectContainer(ref.containerId, { signal })) as unknown as Inspected
        // An image that is gone by now can't tell what came from it.
        const image = await engine.inspectImage(inspect.Image, { signal }).catch(() => null)
        const config = image?.Config as Parameters<typeof specFromInspect>[1] | undefined
        const { spec, kept } = specFromInspect(inspect, config ?? null, engine.info?.flavour ?? 'docker')
        return { spec, kept: [...Object.keys(kept.config), ...Object.keys(kept.hostConfig)] }
      } catch (error) {
        throw error instanceof AppError ? error.at({ ...where, params: { name } }) : error
      }
    },
    async create(principal, input, options) {
      for (const hostId of input.hostIds) {
        authorize(principal, 'containers.create', { hostId })
        registry.get(hostId)
      }
      return tasks.start(principal, createKind, input, options)
    },
    async recreate(principal, ref, input) {
      const where = { hostId: ref.hostId, objectId: ref.containerId }
      for (const permission of ['containers.create', 'containers.stop', 'containers.remove'] as const)
        authorize(principal, permission, where)
      const { name } = find(ref)
      return tasks.start(
        principal,
        recreateKind,
        { ...input, ...ref, name },
        { width: 1, stopOnFailure: false },
      )
    },
  }
}
