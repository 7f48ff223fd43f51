import type { Task, TaskState, TaskStep } from '#lib/contracts/tasks.ts'
import { isUnknowing, type Operation } from '../audit/service.ts'
import { sqliteFault } from '../db/sqlite-errors.ts'
import { AppError } from '../errors.ts'
import { toApiError } from '../messages.ts'
import { type Change, KnownEnd } from './change.ts'
import { isCut } from './look.ts'
import type { PlannedStep, StepContext } from './types.ts'

/** Steps of all tasks at one host at a time: an engine is not to be flooded because a task is wide. */
const perHost = 6

/** Takes turns at each host, over all tasks. */
export class HostLimiter {
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
export interface TaskControl {
  /** Aborts one step, or does not begin it. */
  cancelStep(step: TaskStep): void
  /** Runs a step that is over once more. */
  again(step: TaskStep): void
  done: Promise<unknown>
}

/**
 * Runs the pending steps of a task, `width` at a time, and says after each change. `done` never rejects: what goes
 * wrong is the step's error.
 */
export function runTask(
  { task, planned, abort }: Running,
  parts: {
    turns: HostLimiter
    /** Throws when the person may not (any more). */
    allowed(step: PlannedStep): void
    /** Resolves when it is on the disk that the step is begun. Throws when it could not be: then it is not begun. */
    begun(step: PlannedStep): Promise<void>
    /** Puts it on the audit log. Throws audit_unavailable: then the step is not begun. */
    intend(step: PlannedStep): Promise<Operation>
    /** What of an error is for whose task it is. */
    redactError(error: AppError): AppError
    carryOut(step: TaskStep, change: Change, signal: AbortSignal): Promise<void>
    keep(step: TaskStep, state: object): Promise<void>
    /** What came of a step whose connection was cut, by the engine. Throws the cut where that cannot be told. */
    look(step: TaskStep, cut: AppError, signal: AbortSignal): Promise<TaskStep['result']>
    /** One that was begun has a known end: as much as the audit log knows is to be known here. */
    ended(step: TaskStep): void
    changed(): void
  },
): TaskControl {
  const waiting = task.steps.filter((step) => step.state === 'pending')
  const aborts = new Map<string, AbortController>()
  let failed = false
  let wake = () => {}
  const now = () => new Date().toISOString()
  const end = (step: TaskStep, state: TaskStep['state']) => {
    step.state = state
    step.finishedAt = now()
    if (step.startedAt !== null && state !== 'unknown') parts.ended(step)
    parts.changed()
  }
  const one = async (step: TaskStep) => {
    const own = new AbortController()
    aborts.set(step.id, own)
    const signal = AbortSignal.any([abort.signal, own.signal])
    const plan = planned.get(step.id)
    const done = plan?.onlyWaits ? () => {} : await parts.turns.take(step.hostId, signal)
    let operation: Operation | undefined
    let wasCut = false
    try {
      if (!done || signal.aborted) {
        if (step.state === 'pending') end(step, notBegun(signal))
        return
      }
      if (failed && task.stopOnFailure) return end(step, 'skipped')
      // Planned again for a retry, the work may be gone: its container was removed meanwhile.
      if (!plan) throw new AppError('task_step_gone', { hostId: step.hostId })
      parts.allowed(plan)
      // Who only waits changes nothing at the host.
      if (!plan.onlyWaits) {
        // Before the intent: what the log has as begun is never told here as not begun, wherever a kill falls.
        await parts.begun(plan)
        operation = await parts.intend(plan)
      }
      if (signal.aborted) throw signal.reason
      step.state = 'running'
      step.startedAt = now()
      parts.changed()
      const context: StepContext = {
        taskId: task.id,
        signal,
        progress(bars) {
          // One that does not heed its signal may still speak when it is over.
          if (step.state !== 'running') return
          step.progress = bars
          parts.changed()
        },
        carryOut: (change) => parts.carryOut(step, change, signal),
        keep: (state) => parts.keep(step, state),
        before: step.result,
      }
      const result = await plan.run(context).catch((error: unknown) => {
        wasCut = !signal.aborted && isCut(error)
        if (!wasCut) throw error
        return parts.look(step, error as AppError, signal)
      })
      step.result = result ?? null
      step.error = null
      await operation?.end({})
      end(step, 'succeeded')
    } catch (error) {
      // Who no longer waits for a host is told what is not known.
      const isGivenUp = wasCut && !isEnding(signal)
      if (signal.aborted && !isGivenUp && !(error instanceof KnownEnd)) {
        // The engine may have been asked already.
        await operation?.end({ error: signal.reason, outcome: 'unknown' })
        // What nobody wanted to end has an outcome that nobody knows.
        const wasBegun = operation !== undefined || step.state === 'running'
        return end(step, isEnding(signal) && wasBegun ? 'unknown' : notBegun(signal))
      }
      const known =
        error instanceof AppError ? error : new AppError(sqliteFault(error) ?? 'internal', { cause: error })
      const isKnownEnd = known instanceof KnownEnd
      const isCancelled = isKnownEnd && known.isCancelled
      failed ||= !isCancelled
      // What the log has as unknown is not told here as failed, nor the other way round.
      const isUnknown = operation !== undefined && !isKnownEnd && isUnknowing(known.code)
      await operation?.end({ error: known, outcome: isUnknown ? 'unknown' : 'failed' })
      step.error = toApiError(parts.redactError(known.at({ hostId: step.hostId })))
      if (isKnownEnd && known.left) step.result = known.left
      end(step, isCancelled ? 'cancelled' : isUnknown ? 'unknown' : 'failed')
    } finally {
      aborts.delete(step.id)
      done?.()
    }
  }
  // Also of those in line at their host: what was not begun is over at once, whatever the steps under way still do.
  const cancelPending = () => {
    waiting.length = 0
    for (const step of task.steps) if (step.state === 'pending') end(step, notBegun(abort.signal))
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
    task.state = outcomeOf(task, abort.signal)
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

/** Whether it is the server that ends, and nobody cancelled anything. */
export const isEnding = ({ reason }: AbortSignal) =>
  reason instanceof AppError && reason.code === 'shutting_down'

const notBegun = (signal: AbortSignal): TaskStep['state'] => (isEnding(signal) ? 'skipped' : 'cancelled')

/** What came of a task, and of one that the server's end has cut. */
export function outcomeOf({ steps }: Pick<Task, 'steps'>, signal: AbortSignal): TaskState {
  const all = (state: TaskStep['state']) => steps.every((step) => step.state === state)
  const some = (...states: TaskStep['state'][]) => steps.some((step) => states.includes(step.state))
  if (all('succeeded')) return 'succeeded'
  if (isEnding(signal) && some('unknown', 'skipped')) return 'interrupted'
  if ((signal.aborted && some('cancelled')) || all('cancelled')) return 'cancelled'
  return some('succeeded') ? 'partly' : 'failed'
}
