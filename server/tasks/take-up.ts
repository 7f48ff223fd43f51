import { permissionOf } from '#lib/acts.ts'
import type { Task, TaskStep } from '#lib/contracts/tasks.ts'
import type { Audit, Operation } from '../audit/service.ts'
import { AppError } from '../errors.ts'
import { sleep } from '../fleet/waiting.ts'
import type { Log } from '../log.ts'
import { toApiError } from '../messages.ts'
import { KnownEnd, type Plan } from './change.ts'
import { unknownEnds } from './inquiry.ts'
import type { Plans } from './plans.ts'
import type { TaskControl } from './run.ts'
import type { TakenUp } from './types.ts'

/** Milliseconds between two attempts to record what is taken up. */
const againMs = 1000

/** A change that the last end of the server has cut. */
export interface LeftStep {
  step: TaskStep
  plan: Plan
  takenUp: TakenUp
}

/**
 * Goes on with what the server left: finishes what has no way back, and puts back all else. Nobody can cancel it, and it asks
 * for nobody's right: it was there when it began.
 */
export function takeUp(
  task: Task,
  left: readonly LeftStep[],
  parts: {
    plans: Plans
    audit: Audit
    log: Log
    changed(): void
    ended(step: TaskStep): void
    leave: AbortSignal
  },
): TaskControl {
  const { plans, audit, log, changed, ended, leave } = parts
  const record = async (step: TaskStep, act: TakenUp['act']): Promise<Operation | null> => {
    for (;;) {
      try {
        return await audit.begin(null, {
          action: permissionOf(act),
          hostId: step.hostId,
          taskId: task.id,
          summary: `take up: ${step.verb} ${step.subject}`,
        })
      } catch (error) {
        log.error({ err: error, task: task.id }, 'what was left cannot be taken up before it is recorded')
        await sleep(againMs, leave)
        if (leave.aborted) return null
      }
    }
  }
  const one = async ({ step, plan, takenUp }: LeftStep) => {
    const operation = await record(step, takenUp.act)
    if (!operation) return
    // What was cut on its way is put back: what it would need to go on, such as the rights of a person, is not kept.
    if (plan.phase === 'forward') plan.phase = 'back'
    const never = new AbortController().signal
    try {
      const about = { taskId: task.id, step, redactError: (error: AppError) => error, changed, signal: never }
      await plans.carryOut(about, takenUp.change, plan)
      // Which throws where it was carried out and came to something else: the log is not told before.
      const result = takenUp.result()
      await operation.end({})
      Object.assign(step, { state: 'succeeded', result, error: null })
    } catch (error) {
      if (leave.aborted) return
      const known = error instanceof AppError ? error : new AppError('internal', { cause: error })
      const isUnknown = unknownEnds.includes(known.code)
      await operation.end({ error: known, ...(isUnknown ? { outcome: 'unknown' } : {}) })
      const told = toApiError(known.at({ hostId: step.hostId }))
      Object.assign(step, { state: isUnknown ? 'unknown' : 'failed', error: told })
      if (known instanceof KnownEnd && known.left) step.result = known.left
    }
    step.finishedAt = new Date().toISOString()
    ended(step)
    changed()
  }
  for (const { step } of left) Object.assign(step, { state: 'running', finishedAt: null, error: null })
  return { cancelStep() {}, again() {}, done: Promise.all(left.map(one)) }
}
