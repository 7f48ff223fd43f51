import { z } from 'zod'
import type { TaskResult } from '#lib/contracts/task-kinds.ts'
import type { EngineClient } from '../../engine/types.ts'
import { AppError } from '../../errors.ts'
import { type Change, type ChangeStep, KnownEnd } from '../../tasks/change.ts'
import { isAnswerLost, isNameTaken, madeLate, neverStarted } from './name.ts'

/** A new container, as far as it has come. */
export const creationStateSchema = z.object({
  name: z.string(),
  start: z.boolean(),
  warnings: z.array(z.string()),
  /** When the engine was asked for it, by our clock. */
  askedAt: z.number(),
  newId: z.string().optional(),
  /** An earlier attempt has made it, and only its start has failed: it is not made again, nor taken away. */
  isKept: z.boolean().optional(),
  /** The engine said that it made none. */
  isRefused: z.boolean().optional(),
  /** The engine said that it failed: it makes none later. */
  isAnswered: z.boolean().optional(),
})
export type CreationState = z.infer<typeof creationStateSchema>

/**
 * One container, made and started. What was made without an answer is taken away again; what is there is started, also after
 * a restart of ours. Of one whose start the engine refuses the error tells its id, for another attempt to go on from.
 */
export function creation(
  state: CreationState,
  make: (engine: EngineClient) => Promise<{ id: string; warnings: string[] }>,
): { change: Change; result(): TaskResult<'containers.create'> } {
  let failed: unknown
  let on = ''
  const container = state.name
  const step: ChangeStep = {
    name: 'create',
    async do(engine, signal) {
      const { id, warnings } = await make(engine).catch((error) => {
        state.isRefused = isNameTaken(error)
        state.isAnswered = !isAnswerLost(error, signal)
        throw error
      })
      Object.assign(state, { newId: id, warnings })
    },
    async undo(engine) {
      const { name, newId, isRefused, isAnswered, askedAt } = state
      const find = () => (isAnswered ? neverStarted(engine, name) : madeLate(engine, name, askedAt))
      const found = newId ?? (isRefused ? undefined : await find())
      if (found) await engine.containers.remove(found, { force: true, volumes: true })
    },
  }
  return {
    change: {
      state,
      steps: state.isKept ? [] : [step],
      finish: state.start
        ? [{ name: 'start', do: async (engine) => void (await engine.containers.start(String(state.newId))) }]
        : [],
      waits(begun, host) {
        on = host
        return new AppError(begun === null ? 'create_start_waits' : 'create_waits', {
          params: { container, host },
        })
      },
      left: (_begun, host) => new AppError('create_left', { params: { container, host } }),
      leftToFinish(_step, error) {
        const isGivenUp = error instanceof AppError && error.code === 'task_cancelled'
        failed = isGivenUp ? new AppError('create_not_started', { params: { container, host: on } }) : error
      },
    },
    result() {
      const { newId, warnings } = state
      if (failed) {
        const { code, context } = failed instanceof AppError ? failed : new AppError('internal')
        const end = new KnownEnd(code, { ...context, cause: failed })
        end.left = { containerId: String(newId) }
        throw end
      }
      return {
        containerId: String(newId),
        ...(warnings.length > 0 ? { warnings: warnings.join(' ') } : {}),
      }
    },
  }
}
