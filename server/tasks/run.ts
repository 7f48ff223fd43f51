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
    const done = await parts.turns.take(step.hostId)
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
  const worker = async () => {
    for (let step = waiting.shift(); step; step = waiting.shift()) await one(step)
  }
  await Promise.all(Array.from({ length: task.width }, worker))
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
