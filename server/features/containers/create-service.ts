import type { z } from 'zod'
import type { createInputSchema, recreateInputSchema, SpecAnswer } from '#lib/contracts/container-create.ts'
import type { Task, TaskOptions } from '#lib/contracts/tasks.ts'
import { othersFor, seenNames } from '../../access/other-names.ts'
import type { VisibilityOf } from '../../access/visibility.ts'
import { authorizeAct } from '../../acts/authorize-act.ts'
import { AppError } from '../../errors.ts'
import type { FleetState } from '../../fleet/fleet.ts'
import type { HostRegistry } from '../../fleet/host-registry.ts'
import type { Authorize, Principal } from '../../principal/principal.ts'
import type { TaskService } from '../../tasks/types.ts'
import { createKind } from './create.ts'
import { dependentsOf } from './dependents.ts'
import type { ContainerRef } from './details.ts'
import { keptOf, lostOf, readKnown } from './known.ts'
import { recreateKind } from './recreate.ts'
import { seenSpec } from './unnamed.ts'

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
  visibilityOf: VisibilityOf
  tasks: TaskService
}): CreateService {
  const { fleet, registry, authorize, visibilityOf, tasks } = parts
  const find = ({ hostId, containerId }: ContainerRef) => {
    const container = fleet.get('containers', hostId, containerId)
    if (!container) throw new AppError('container_not_found', { hostId, objectId: containerId })
    return container
  }
  return {
    async spec(principal, ref, signal) {
      const where = { hostId: ref.hostId, objectId: ref.containerId }
      authorizeAct(authorize, principal, 'container.spec', where)
      const { name } = find(ref)
      try {
        const engine = registry.engine(ref.hostId)
        const known = await readKnown(engine, ref.containerId, signal)
        const dependents = await dependentsOf(engine, known.inspect, signal)
        const others = othersFor(fleet, ref.hostId, () => visibilityOf(principal))
        const isSeen = others ? seenNames(others) : () => true
        return {
          spec: seenSpec(known.spec, isSeen),
          kept: keptOf(known),
          lost: lostOf(known),
          dependents: dependents
            .filter(({ id }) => isSeen(id))
            .map(({ id, name: called, by }) => ({ id, name: called, by })),
        }
      } catch (error) {
        throw error instanceof AppError ? error.at({ ...where, params: { name } }) : error
      }
    },
    async create(principal, input, options) {
      for (const hostId of input.hostIds) {
        authorizeAct(authorize, principal, 'container.create', { hostId })
        registry.get(hostId)
      }
      return tasks.start(principal, createKind, input, options)
    },
    async recreate(principal, ref, input) {
      const where = { hostId: ref.hostId, objectId: ref.containerId }
      authorizeAct(authorize, principal, 'container.recreate', where)
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
