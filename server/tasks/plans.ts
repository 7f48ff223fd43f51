import type { TaskStep } from '#lib/contracts/tasks.ts'
import { AppError } from '../errors.ts'
import type { HostRegistry } from '../fleet/host-registry.ts'
import { untilOnline } from '../fleet/waiting.ts'
import { toApiError } from '../messages.ts'
import { type Change, type ChangeHost, carryOut, type Plan } from './change.ts'
import type { TaskRepository } from './repository.ts'

/** Carries out changes with their plans on the disk. */
export interface Plans {
  /**
   * @param plan how far it had come, of one that is taken up
   * @throws what `carryOut` throws
   */
  carryOut(
    about: {
      taskId: string
      step: TaskStep
      redactError(error: AppError): AppError
      changed(): void
      signal: AbortSignal
      /** As `Plans.giveUp`, of whoever carries it out. */
      giveUp?: AbortSignal
    },
    change: Change,
    plan?: Plan,
  ): Promise<void>
  /** No longer waits, in that task or step of it, for a host that does not answer. Returns whether any of it did. */
  giveUp(taskId: string, stepId?: string): boolean
  /** Whether a change of that task is neither finished nor put back: its plan is to stay. */
  isOpen(taskId: string): boolean
  /** The server ends and can wait no longer. */
  leave(reason: AppError): void
}

export function createPlans(parts: {
  repository: Pick<TaskRepository, 'plan'>
  registry: HostRegistry
}): Plans {
  const { repository, registry } = parts
  const leaving = new AbortController()
  const open = new Map<string, number>()
  /** Those that wait for their host at the moment. */
  const waiting = new Set<{ taskId: string; stepId: string; giveUp: AbortController }>()
  const count = (taskId: string, by: 1 | -1) => {
    const now = (open.get(taskId) ?? 0) + by
    if (now > 0) open.set(taskId, now)
    else open.delete(taskId)
  }
  const hostOf = (hostId: string): ChangeHost => {
    let name = hostId
    return {
      engine: () => registry.engine(hostId),
      untilOnline: (signal) => untilOnline(registry, hostId, signal),
      suspect: () => registry.suspect(hostId),
      name() {
        // It may be removed meanwhile, and is called by the name that it had.
        name = registry.list().find(({ id }) => id === hostId)?.name ?? name
        return name
      },
    }
  }
  return {
    async carryOut({ taskId, step, redactError, changed, signal, giveUp }, change, given) {
      const plan: Plan = given ?? { phase: 'forward', begun: [], why: null }
      count(taskId, 1)
      const host = hostOf(step.hostId)
      host.name()
      const one = { taskId, stepId: step.id, giveUp: new AbortController() }
      try {
        await carryOut(change, plan, {
          host,
          signal,
          leave: leaving.signal,
          giveUp: giveUp ? AbortSignal.any([giveUp, one.giveUp.signal]) : one.giveUp.signal,
          write: () => repository.plan(taskId, step.id, { is: 'change', plan, state: change.state }),
          say(problem) {
            if (problem) waiting.add(one)
            else waiting.delete(one)
            const error = problem && toApiError(redactError(problem.at({ hostId: step.hostId })))
            if (error?.message === step.error?.message) return
            step.error = error
            changed()
          },
        })
        count(taskId, -1)
      } catch (error) {
        if (!leaving.signal.aborted) count(taskId, -1)
        throw error
      } finally {
        waiting.delete(one)
      }
    },
    giveUp(taskId, stepId) {
      const found = [...waiting].filter(
        (one) => one.taskId === taskId && (stepId === undefined || one.stepId === stepId),
      )
      for (const { giveUp } of found) giveUp.abort(new AppError('task_cancelled'))
      return found.length > 0
    },
    isOpen: (taskId) => open.has(taskId),
    leave: (reason) => leaving.abort(reason),
  }
}
