import type { Task, TaskState, TaskStep } from '#lib/contracts/tasks.ts'
import type { Operation } from '../audit/service.ts'
import { AppError } from '../errors.ts'
import { toApiError } from '../messages.ts'
import type { PlannedStep } from './types.ts'

/** Steps of all tasks at one host at a time: an engine is not to be flooded because a task is wide. */
const perHost = 6

/** Takes turns at each host, over all tasks. */
export class HostTurns {
  private readonly busy = new Map<string, number>()
  private readonly waiting = new Map<string, Set<() => void>>()

  /**
   * Resolves when the host has room; call what it gives when done. Null when the signal came first: one that gave up
   * leaves the line, and a place is never given to nobody.
   */
  async take(hostId: string, signal: AbortSignal): Promise<(() => void) | null> {
    if (signal.aborted) return null
    const running = this.busy.get(hostId) ?? 0
    if (running >= perHost) {
      if (!(await this.turn(hostId, signal))) return null
    } else this.busy.set(hostId, running + 1)
    return () => {
      // The place goes to the next in line, or is free.
      const [next] = this.waiting.get(hostId) ?? []
      if (next) next()
      else this.busy.set(hostId, (this.busy.get(hostId) ?? 1) - 1)
    }
  }

  private turn(hostId: string, signal: AbortSignal): Promise<boolean> {
    const line = this.waiting.get(hostId) ?? new Set()
    this.waiting.set(hostId, line)
    return new Promise((resolve) => {
      const leave = (hasTurn: boolean) => {
        line.delete(called)
        signal.removeEventListener('abort', gaveUp)
        resolve(hasTurn)
      }
      const called = () => leave(true)
      const gaveUp = () => leave(false)
      line.add(called)
      signal.addEventListener('abort', gaveUp)
    })
  }
}

export interface Running {
  task: Task
  /** By the step's id. */
  planned: Map<string, PlannedStep>
  abort: AbortController
}

/** Steers a task while it runs. */
export interface Steering {
  /** Aborts one step, or does not begin it. */
  cancelStep(step: TaskStep): void
  /** Runs a step that is over once more. */
  again(step: TaskStep): void
  done: Promise<void>
}

/**
 * Runs the pending steps of a task, `width` at a time, and says after each change. `done` never rejects: what goes
 * wrong is the step's error.
 */
export function runTask(
  { task, planned, abort }: Running,
  parts: {
    turns: HostTurns
    /** Throws when the person may not (any more). */
    allowed(step: PlannedStep): void
    /** Puts it on the audit log. Throws audit_unavailable: then the step is not begun. */
    intend(step: PlannedStep): Promise<Operation>
    /** What of an error is for whose task it is. */
    veil(error: AppError): AppError
    changed(): void
  },
): Steering {
  const waiting = task.steps.filter((step) => step.state === 'pending')
  const aborts = new Map<string, AbortController>()
  let failed = false
  let wake = () => {}
  const now = () => new Date().toISOString()
  const end = (step: TaskStep, state: TaskStep['state']) => {
    step.state = state
    step.finishedAt = now()
    parts.changed()
  }
  const one = async (step: TaskStep) => {
    const own = new AbortController()
    aborts.set(step.id, own)
    const signal = AbortSignal.any([abort.signal, own.signal])
    const plan = planned.get(step.id)
    const done = plan?.onlyWaits ? () => {} : await parts.turns.take(step.hostId, signal)
    let operation: Operation | undefined
    try {
      if (!done || signal.aborted) {
        if (step.state === 'pending') end(step, 'cancelled')
        return
      }
      if (failed && task.stopOnFailure) return end(step, 'skipped')
      // Planned again for a retry, the work may be gone: its container was removed meanwhile.
      if (!plan) throw new AppError('task_step_gone', { hostId: step.hostId })
      parts.allowed(plan)
      // Who only waits changes nothing at the host.
      if (!plan.onlyWaits) operation = await parts.intend(plan)
      if (signal.aborted) throw signal.reason
      step.state = 'running'
      step.startedAt = now()
      parts.changed()
      const result = await plan.run({
        taskId: task.id,
        signal,
        progress(bars) {
          // One that does not heed its signal may still speak when it is over.
          if (step.state !== 'running') return
          step.progress = bars
          parts.changed()
        },
      })
      step.result = result ?? null
      await operation?.end({})
      end(step, 'succeeded')
    } catch (error) {
      if (signal.aborted) {
        // The engine may have been asked already.
        await operation?.end({ error: signal.reason, outcome: 'unknown' })
        return end(step, 'cancelled')
      }
      failed = true
      const known = error instanceof AppError ? error : new AppError('internal', { cause: error })
      await operation?.end({ error: known })
      step.error = toApiError(parts.veil(known.at({ hostId: step.hostId })))
      end(step, 'failed')
    } finally {
      aborts.delete(step.id)
      done?.()
    }
  }
  // Also of those in line at their host: what was not begun is over at once, whatever the steps under way still do.
  const cancelPending = () => {
    waiting.length = 0
    for (const step of task.steps) if (step.state === 'pending') end(step, 'cancelled')
  }
  const all = async () => {
    if (abort.signal.aborted) cancelPending()
    abort.signal.addEventListener('abort', cancelPending)
    // A host that hangs may hold half of the places, and never those of all others.
    const several = new Set(waiting.map((step) => step.hostId)).size > 1
    const most = several ? Math.max(1, Math.floor(task.width / 2)) : task.width
    const busy = new Map<string, number>()
    const running = new Set<Promise<void>>()
    for (;;) {
      while (running.size < task.width) {
        const index = waiting.findIndex((step) => (busy.get(step.hostId) ?? 0) < most)
        if (index < 0) break
        const [step] = waiting.splice(index, 1) as [TaskStep]
        const { hostId } = step
        busy.set(hostId, (busy.get(hostId) ?? 0) + 1)
        const work = async () => {
          await one(step)
          busy.set(hostId, (busy.get(hostId) ?? 1) - 1)
          running.delete(job)
          wake()
        }
        const job: Promise<void> = work()
        running.add(job)
      }
      if (running.size === 0) break
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
    abort.signal.removeEventListener('abort', cancelPending)
    task.state = outcomeOf(task, abort.signal.aborted)
    task.finishedAt = now()
    parts.changed()
  }
  return {
    cancelStep(step) {
      const index = waiting.indexOf(step)
      if (index >= 0) {
        waiting.splice(index, 1)
        end(step, 'cancelled')
      } else aborts.get(step.id)?.abort(new AppError('task_cancelled'))
    },
    again(step) {
      waiting.push(step)
      parts.changed()
      wake()
    },
    done: all(),
  }
}

function outcomeOf({ steps }: Task, cancelled: boolean): TaskState {
  const all = (state: TaskStep['state']) => steps.every((step) => step.state === state)
  if (all('succeeded')) return 'succeeded'
  if ((cancelled && steps.some((step) => step.state === 'cancelled')) || all('cancelled')) return 'cancelled'
  return steps.some((step) => step.state === 'succeeded') ? 'partly' : 'failed'
}
