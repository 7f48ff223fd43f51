import { z } from 'zod'
import { type ErrorCode, errorCodes } from '#lib/error-codes.ts'
import { backoffDelay } from '../backoff.ts'
import { sqliteFault } from '../db/sqlite-errors.ts'
import type { EngineClient } from '../engine/types.ts'
import { AppError } from '../errors.ts'
import { sleep } from '../fleet/waiting.ts'
import { sentence } from '../messages.ts'

/** One call at the engine, or a few that belong together. */
export interface ChangeStep {
  name: string
  do(engine: EngineClient, signal: AbortSignal): Promise<void>
  /** Puts back what `do` did, also when that was cut in its middle, and when it was put back already. */
  undo?(engine: EngineClient): Promise<void>
  /** Milliseconds for which an engine that answers may refuse to put it back. */
  patienceMs?: number
}

/** A change of several calls at one host: it is finished or put back, whatever happens in between. */
export interface Change {
  /** Plain, and all that putting back and finishing need. It is written to the disk with each step. */
  state: object
  steps: readonly ChangeStep[]
  /** When all steps are done there is no way back: these are done until they are done, and may be done twice. */
  finish: readonly ChangeStep[]
  /** What is said while the host does not answer. `begun`: what is still to put back; null when it is being finished. */
  waits(begun: readonly string[] | null, host: string): AppError
  /** What is said when some of it could not be put back. */
  left(begun: readonly string[], host: string): AppError
  /** Told of a step of `finish` that the engine refuses, with its reason. */
  leftToFinish(step: string, error: unknown): void
}

/** How far a change has come. */
export const planSchema = z.object({
  phase: z.enum(['forward', 'back', 'finish']),
  /** Names of the steps that were begun and not put back, in order. */
  begun: z.array(z.string()),
  /** Why it goes back. */
  why: z
    .object({
      code: z.enum(Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]]),
      context: z.object({
        objectId: z.string().optional(),
        detail: z.string().optional(),
        params: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
      }),
    })
    .nullable(),
})
export type Plan = z.infer<typeof planSchema>

/** A known end of what was cut: everything is as it was, or it is said what is not. */
export class KnownEnd extends AppError {
  /** What is at the host now, for another attempt to go on from. */
  left?: Record<string, string>
  /** Somebody has cancelled it, and nothing else was wrong. */
  isCancelled = false
}

/** The host of a change. */
export interface ChangeHost {
  /** Throws the host's state when it is not online. */
  engine(): EngineClient
  /** Null when the host was removed, or the signal aborts. */
  untilOnline(signal: AbortSignal): Promise<EngineClient | null>
  /** It did not answer: look at it now. */
  suspect(): void
  name(): string
}

/** Milliseconds: for which an engine may refuse to put something back, and between two attempts. */
const usualPatienceMs = 15_000
const again = { baseMs: 300, capMs: 5000 }

/**
 * Carries out a change, or takes up one that was left. What fails or is cancelled is put back, last thing first, however
 * long the host is away meanwhile. Throws what failed; a KnownEnd when that is not the whole truth; the reason of `leave`,
 * and then the plan on the disk tells how far it has come.
 */
export async function carryOut(
  change: Change,
  plan: Plan,
  around: {
    host: ChangeHost
    /** Resolves when the plan and the change's state are on the disk. */
    write(): Promise<void>
    /** What is in the way at the moment; null for nothing. */
    say(problem: AppError | null): void
    signal: AbortSignal
    /** The server ends, and can wait no longer. */
    leave: AbortSignal
    /** A person no longer waits for its host: what is to put back stays as it is. Heeded while the host does not answer. */
    giveUp: AbortSignal
  },
): Promise<void> {
  const { host, write, say, signal, leave, giveUp } = around
  /** Does it until it is done. Throws what an engine that answers says, when its patience is over. */
  const insist = async (work: (engine: EngineClient) => Promise<void>, patienceMs: number) => {
    let deadline: number | null = null
    const waits = () => say(change.waits(plan.phase === 'finish' ? null : plan.begun, host.name()))
    const stop = AbortSignal.any([leave, giveUp])
    for (let failures = 1; ; failures++) {
      leave.throwIfAborted()
      try {
        host.engine()
      } catch {
        giveUp.throwIfAborted()
        waits()
      }
      const engine = await host.untilOnline(stop)
      stop.throwIfAborted()
      if (!engine) throw new AppError('host_not_found')
      deadline ??= Date.now() + patienceMs
      try {
        await orAborted(work(engine), leave)
        return say(null)
      } catch (error) {
        leave.throwIfAborted()
        if (await answers(engine)) {
          const isGone = error instanceof AppError && error.code === 'container_not_found'
          if (isGone || Date.now() >= deadline) throw error
        } else {
          deadline = null
          host.suspect()
          giveUp.throwIfAborted()
          waits()
        }
      }
      await sleep(backoffDelay(failures, again), stop)
    }
  }
  // What is done twice at worst after a kill need not be on the disk first.
  const writeIfRoom = () => write().catch(() => {})

  if (plan.phase === 'forward') {
    try {
      for (const step of change.steps) {
        signal.throwIfAborted()
        plan.begun.push(step.name)
        await write().catch((error) => {
          plan.begun.pop()
          throw error
        })
        await step.do(host.engine(), signal)
        // With what the step has found out.
        await write()
      }
      plan.phase = 'finish'
      await write()
    } catch (error) {
      const why = signal.aborted ? signal.reason : error
      const { code, context } =
        why instanceof AppError ? why : new AppError(sqliteFault(why) ?? 'internal', { cause: why })
      const { objectId, detail, params } = context
      const told = JSON.parse(JSON.stringify({ objectId, detail, params }))
      Object.assign(plan, { phase: 'back', why: { code, context: told } } satisfies Partial<Plan>)
      await writeIfRoom()
      await back(why)
    }
  } else if (plan.phase === 'back') await back(null)
  for (const step of change.finish) {
    try {
      await insist((engine) => step.do(engine, leave), step.patienceMs ?? 0)
    } catch (error) {
      leave.throwIfAborted()
      change.leftToFinish(step.name, error)
    }
  }

  async function back(cause: unknown): Promise<never> {
    const failures: { step: string; words: string }[] = []
    for (const name of plan.begun.toReversed()) {
      const step = change.steps.find((one) => one.name === name)
      try {
        const { undo } = step ?? {}
        if (undo) await insist((engine) => undo(engine), step?.patienceMs ?? usualPatienceMs)
        plan.begun = plan.begun.filter((one) => one !== name)
        await writeIfRoom()
      } catch (error) {
        leave.throwIfAborted()
        failures.unshift({ step: name, words: wordsOf(error) })
      }
    }
    say(null)
    const { code, context } = plan.why ?? { code: 'shutting_down', context: {} }
    if (failures.length === 0) {
      if (code === 'shutting_down') throw new KnownEnd('change_put_back')
      if (code === 'task_cancelled' && cause) throw cause
      throw new KnownEnd(code, { ...context, cause })
    }
    const steps = failures.map(({ step }) => step)
    const left = change.left(steps, host.name())
    const words = failures.toReversed().map((failure) => `${failure.step}: ${failure.words}`)
    const detail = [sentence(code, context.params), context.detail, ...words].filter(Boolean).join('\n')
    throw new KnownEnd(left.code, { ...left.context, detail, cause })
  }
}

function wordsOf(error: unknown): string {
  if (!(error instanceof AppError)) return (error as Error).message
  return [sentence(error.code, error.context.params), error.context.detail].filter(Boolean).join(' ')
}

const answers = (engine: EngineClient) =>
  engine.ping().then(
    () => true,
    () => false,
  )

/** The work, or the signal's reason when that comes first. */
async function orAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>()
  const abort = () => reject(signal.reason)
  signal.addEventListener('abort', abort)
  try {
    await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
