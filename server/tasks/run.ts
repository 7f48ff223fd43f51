import type { Task, TaskState, TaskStep } from '#lib/contracts/tasks.ts'
import { AppError } from '../errors.ts'
import { toApiError } from '../messages.ts'
import type { PlannedStep } from './types.ts'

/** Steps of all tasks at one host at a time: an engine is not to be flooded because a task is wide. */
const perHost = 6

/** Takes turns at each host, over all tasks. */
export class HostTurns {
  private readonly busy = new Map<string, number>()
  private readonly waiting = new Map<string, (() => void)[]>()

  /** Resolves when the host has room; call what it gives when done. */
  async take(hostId: string): Promise<() => void> {
    const running = this.busy.get(hostId) ?? 0
    if (running >= perHost) {
      await new Promise<void>((resolve) => {
        this.waiting.set(hostId, [...(this.waiting.get(hostId) ?? []), resolve])
      })
    } else this.busy.set(hostId, running + 1)
    return () => {
      // The place goes to the next in line, or is free.
      const next = this.waiting.get(hostId)?.shift()
      if (next) next()
      else this.busy.set(hostId, (this.busy.get(hostId) ?? 1) - 1)
    }
  }
}

export interface Running {
  task: Task
  /** By the step's id. */
  planned: Map<string, PlannedStep>
  abort: AbortController
}

/**
 * Runs the pending steps of a task, `width` at a time, and says after each change. Never throws: what goes wrong is the
 * step's error.
 */
export async function runTask(
  { task, planned, abort }: Running,
  parts: {
    turns: HostTurns
    /** Throws when the person may not (any more). */
    allowed(step: PlannedStep): void
    changed(): void
  },
): Promise<void> {
  const waiting = task.steps.filter((step) => step.state === 'pending')
  let failed = false
  const now = () => new Date().toISOString()
  const end = (step: TaskStep, state: TaskStep['state']) => {
    step.state = state
    step.finishedAt = now()
    parts.changed()
  }
  const one = async (step: TaskStep) => {
    const plan = planned.get(step.id)
    const done = plan?.onlyWaits ? () => {} : await parts.turns.take(step.hostId)
    try {
      if (abort.signal.aborted) return end(step, 'cancelled')
      if (failed && task.stopOnFailure) return end(step, 'skipped')
      // Planned again for a retry, the work may be gone: its container was removed meanwhile.
      if (!plan) throw new AppError('task_step_gone', { hostId: step.hostId })
      parts.allowed(plan)
      step.state = 'running'
      step.startedAt = now()
      parts.changed()
      const result = await plan.run({
        signal: abort.signal,
        progress(bars) {
          step.progress = bars
          parts.changed()
        },
      })
      step.result = result ?? null
      end(step, 'succeeded')
    } catch (error) {
      if (abort.signal.aborted) return end(step, 'cancelled')
      failed = true
      const known = error instanceof AppError ? error : new AppError('internal', { cause: error })
      step.error = toApiError(known.at({ hostId: step.hostId }))
      end(step, 'failed')
    } finally {
      done()
    }
  }
  // A host that hangs may hold half of the places, and never those of all others.
  const several = new Set(waiting.map((step) => step.hostId)).size > 1
  const most = several ? Math.max(1, Math.floor(task.width / 2)) : task.width
  const busy = new Map<string, number>()
  const running = new Set<Promise<void>>()
  while (waiting.length > 0) {
    const index = waiting.findIndex((step) => (busy.get(step.hostId) ?? 0) < most)
    if (running.size >= task.width || index < 0) {
      await Promise.race(running)
      continue
    }
    const [step] = waiting.splice(index, 1) as [TaskStep]
    const { hostId } = step
    busy.set(hostId, (busy.get(hostId) ?? 0) + 1)
    const work = async () => {
      await one(step)
      busy.set(hostId, (busy.get(hostId) ?? 1) - 1)
      running.delete(job)
    }
    const job: Promise<void> = work()
    running.add(job)
  }
  await Promise.all(running)
  task.state = outcomeOf(task, abort.signal.aborted)
  task.finishedAt = now()
  parts.changed()
}

function outcomeOf({ steps }: Task, cancelled: boolean): TaskState {
  const all = (state: TaskStep['state']) => steps.every((step) => step.state === state)
  if (all('succeeded')) return 'succeeded'
  if (cancelled && steps.some((step) => step.state === 'cancelled')) return 'cancelled'
  return steps.some((step) => step.state === 'succeeded') ? 'partly' : 'failed'
}
