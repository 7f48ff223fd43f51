import type { ActName } from '#lib/acts.ts'
import type { ErrorCode } from '#lib/error-codes.ts'
import type { EngineClient } from '../engine/types.ts'
import { AppError } from '../errors.ts'
import { KnownEnd, type Plan } from './change.ts'
import type { TakenUp } from './types.ts'

/** Where the plan of a step stands that has no way back: what came of it is looked at, and nothing is done again. */
export const inquired: Plan = { phase: 'finish', begun: [], why: null }

/** What is said of a step whose outcome nobody can tell. */
export const unknownEnds: readonly ErrorCode[] = ['step_outcome_unknown', 'build_cache_unknown']

/** Thrown where the engine shows that it has not done what was asked. */
export const notDone = () => new KnownEnd('step_not_done')

/**
 * For a step that is one call, or several that need no way back, and that the server's end has cut: asks the engine what came
 * of it. Nobody's rights are there any more to do the rest, and Retry does that.
 * @param about.look resolves with the facts of the outcome when the engine has done it. Throws a KnownEnd that says what was
 *   not done; anything else means that it cannot be told.
 * @param about.patienceMs for which what is not done may still be under way at the engine
 */
export function inquiry<R>(about: {
  act: ActName
  /** As people call it. */
  subject: string
  state: object
  look(engine: EngineClient): Promise<R | null>
  patienceMs?: number
}): TakenUp<R> {
  const { act, subject, state, look, patienceMs = 0 } = about
  let found: R | null = null
  let failed: unknown
  return {
    act,
    change: {
      state,
      steps: [],
      finish: [
        {
          name: 'look',
          patienceMs,
          async do(engine) {
            found = await look(engine)
          },
        },
      ],
      waits: (_begun, host) => new AppError('step_look_waits', { params: { subject, host } }),
      left: () => new AppError('step_outcome_unknown'),
      leftToFinish(_step, error) {
        failed = error
      },
    },
    result() {
      if (failed instanceof KnownEnd) throw failed
      if (failed instanceof AppError && unknownEnds.includes(failed.code)) throw failed
      if (failed)
        throw new AppError('step_outcome_unknown', { detail: (failed as Error).message, cause: failed })
      return found
    },
  }
}
