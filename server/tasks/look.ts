import type { TaskStep } from '#lib/contracts/tasks.ts'
import type { ErrorCode } from '#lib/error-codes.ts'
import { AppError } from '../errors.ts'
import { sentence } from '../messages.ts'
import { KnownEnd, type Plan } from './change.ts'
import { inquired } from './inquiry.ts'
import type { Plans } from './plans.ts'
import type { TakenUp } from './types.ts'

/** The engine was asked, and the way to it broke before its answer. */
const cuts = new Set<ErrorCode>(['connection_reset', 'host_unresponsive'])
export const isCut = (error: unknown): error is AppError =>
  error instanceof AppError && !(error instanceof KnownEnd) && cuts.has(error.code)

/** Milliseconds for which a host that does not answer is waited for: the step has a place that others wait for. */
const lookMs = 30_000

/**
 * Asks the engine what came of a step whose connection was cut, as the next start would. Resolves with the facts of the outcome
 * when the engine has done it. Throws a KnownEnd that says what was not done; the cut itself when it cannot be told.
 */
export async function lookAfterCut(
  cut: AppError,
  takenUp: TakenUp,
  about: Parameters<Plans['carryOut']>[0],
  plans: Pick<Plans, 'carryOut'>,
): Promise<TaskStep['result']> {
  const { step, signal, changed } = about
  const giveUp = AbortSignal.any([signal, AbortSignal.timeout(lookMs)])
  try {
    const plan: Plan = structuredClone(inquired)
    await plans.carryOut({ ...about, giveUp }, takenUp.change, plan)
    return takenUp.result()
  } catch (error) {
    if (!(error instanceof KnownEnd)) throw cut
    const notDone = error.code === 'step_not_done'
    // What was in the way is told beside what is there now: of a copy it may have been the other host.
    const { code, context } = notDone ? cut : error
    const other = notDone ? error : cut
    const words = sentence(other.code, other.context.params)
    throw new KnownEnd(code, {
      ...context,
      detail: [context.detail, words].filter(Boolean).join('\n'),
      cause: cut,
    })
  } finally {
    step.error = null
    changed()
  }
}
