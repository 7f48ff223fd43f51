import { expect, it } from 'vitest'
import type { EngineClient } from '../engine/types.ts'
import { AppError } from '../errors.ts'
import { untilCalled } from '../fleet/waiting.ts'
import { type Change, carryOut, type Plan } from './change.ts'
import { inquired, inquiry } from './inquiry.ts'

const engine = { ping: async () => 1 } as unknown as EngineClient

/** A host that is online until it is cut. */
function hostOf() {
  const state = { online: true, wake: new Set<() => void>() }
  return {
    cut() {
      state.online = false
    },
    host: {
      engine() {
        if (!state.online) throw new AppError('host_unreachable')
        return engine
      },
      async untilOnline(signal: AbortSignal) {
        while (!state.online && !signal.aborted)
          await untilCalled((wake) => {
            state.wake.add(wake)
            return () => state.wake.delete(wake)
          }, signal)
        return state.online ? engine : null
      },
      suspect() {},
      name: () => 'edge',
    },
  }
}

const never = () => new AbortController().signal
const params = { container: 'web-old-1', host: 'edge' }

it('a change that waits for its host is given up by who cancels it, and says what then stays', async () => {
  const { cut, host } = hostOf()
  const undone: string[] = []
  const change: Change = {
    state: {},
    steps: [
      {
        name: 'rename',
        do: async () => {},
        undo: async () => void undone.push('rename'),
      },
      {
        name: 'stop',
        async do() {
          cut()
          throw new AppError('connection_reset')
        },
        undo: async () => void undone.push('stop'),
      },
    ],
    finish: [],
    waits: () => new AppError('recreate_waits', { params }),
    left: (begun) => new AppError('recreate_left_down', { params, detail: begun.join() }),
    leftToFinish() {},
  }
  const plan: Plan = { phase: 'forward', begun: [], why: null }
  const giveUp = new AbortController()
  const said: (string | undefined)[] = []
  const around = { host, signal: never(), leave: never(), giveUp: giveUp.signal, write: async () => {} }
  const ended = carryOut(change, plan, { ...around, say: (problem) => void said.push(problem?.code) }).catch(
    (error) => error,
  )
  await expect.poll(() => said.at(-1)).toBe('recreate_waits')
  giveUp.abort(new AppError('task_cancelled'))
  const error = await ended
  expect([error.code, error.context.params]).toEqual(['recreate_left_down', params])
  expect(undone).toEqual([])
})

it('what came of a call is known by the engine, or said not to be', async () => {
  const look = (found: () => Promise<{ outcome: string }>) => {
    const about = { act: 'container.stop' as const, subject: 'web', state: {}, look: found }
    const taken = inquiry(about)
    const around = { signal: never(), leave: never(), giveUp: never(), write: async () => {}, say() {} }
    return carryOut(taken.change, structuredClone(inquired), { ...around, host: hostOf().host }).then(
      taken.result,
    )
  }
  expect(await look(async () => ({ outcome: 'done' }))).toEqual({ outcome: 'done' })
  const gone = look(() => Promise.reject(new AppError('engine_error', { detail: 'boo' })))
  await expect(gone).rejects.toMatchObject({ code: 'step_outcome_unknown' })
})
