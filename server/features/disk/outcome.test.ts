import { expect, it } from 'vitest'
import { type ErrorCode, errorCodes } from '#lib/error-codes.ts'
import type { EngineClient } from '../../engine/types.ts'
import { AppError } from '../../errors.ts'
import type { HostRegistry } from '../../fleet/host-registry.ts'
import type { Principal } from '../../principal/principal.ts'
import { carryOut, KnownEnd } from '../../tasks/change.ts'
import { inquired } from '../../tasks/inquiry.ts'
import type { TaskDefinition } from '../../tasks/types.ts'
import { takenUpPrune } from './outcome.ts'
import { pruneTask } from './service.ts'

const hostId = 'h000000000000'
const [first = '', second = ''] = ['a', 'b'].map((letter) => letter.repeat(64))
const volumes = ['data', 'logs']
const nothing = { containers: [], images: [], volumes: [], networks: [], buildCache: false }

/** What an engine still has. */
const having = (containers: string[], there: string[]) =>
  ({
    ping: async () => 1,
    containers: { list: async () => containers.map((id) => ({ id })) },
    volumes: { list: async () => there.map((name) => ({ name })) },
    networks: { list: async () => [] },
  }) as unknown as EngineClient
const never = () => new AbortController().signal

// At once: each of them gives the engine a moment for what it may still be at.
it.concurrent.each([
  ['all', [], [], false, null, { containers: 2, volumes: 2 }],
  ['nothing', [first, second], volumes, false, 'step_not_done', {}],
  ['a part', [second], volumes, false, 'prune_unfinished', { gone: 1, left: 3 }],
  ['all, and perhaps the build cache', [], [], true, 'build_cache_unknown', { gone: 4 }],
  ['a part, and not the build cache, which is last', [], ['logs'], true, 'prune_unfinished', { left: 1 }],
] as const)('a prune that was cut has removed %s', async (_what, left, there, buildCache, code, told) => {
  const engine = having([...left], [...there])
  const taken = takenUpPrune({ ...nothing, hostId, containers: [first, second], volumes, buildCache })
  const host = { engine: () => engine, untilOnline: async () => engine, suspect() {}, name: () => 'edge' }
  const around = { host, signal: never(), leave: never(), giveUp: never(), write: async () => {}, say() {} }
  const result = carryOut(taken.change, structuredClone(inquired), around).then(taken.result)
  if (code === null) expect(await result).toEqual(told)
  else if (code === 'step_not_done') await expect(result).rejects.toMatchObject({ code })
  else await expect(result).rejects.toMatchObject({ code, context: { params: told } })
})

/** Resolves with the step's result, or with what it throws. */
async function prune(engine: object, asked: object, signal = never()): Promise<unknown> {
  const host = { syncedAt: null, reading: { failed: [] } }
  const usage = { containers: [], images: [], volumes: [], buildCache: [] }
  const whole = { system: { diskUsage: async () => usage }, ...engine } as unknown as EngineClient
  const registry = { engine: () => whole, get: () => host } as unknown as HostRegistry
  const fleet = { all: () => [], get: () => undefined }
  const visibilityOf = () => ({ everything: true })
  const parts = { registry, fleet, visibilityOf, authorize() {} } as unknown as Parameters<
    typeof pruneTask
  >[0]
  const task: TaskDefinition = pruneTask(parts)
  const [step] = await task.plan({ hosts: [{ ...nothing, hostId, ...asked }] }, {} as Principal)
  const context = { taskId: '', carryOut: async () => {}, keep: async () => {}, before: null, progress() {} }
  return step?.run({ ...context, signal })?.catch((each: unknown) => each)
}

it('one that is cancelled after a part says what is gone', async () => {
  const abort = new AbortController()
  const engine = {
    containers: {
      async remove() {
        abort.abort(new AppError('task_cancelled'))
      },
    },
  }
  const error = await prune(engine, { containers: [first, second] }, abort.signal)
  expect(error).toBeInstanceOf(KnownEnd)
  expect(error).toMatchObject({
    code: 'prune_unfinished',
    isCancelled: true,
    context: { params: { gone: 1, left: 1 } },
  })
})

const refusing = (code: ErrorCode, status = errorCodes[code]) => ({
  containers: { async remove() {} },
  volumes: {
    async remove(name: string) {
      if (name === 'data') throw new AppError(code, { detail: 'as the engine says', params: { status } })
    },
  },
})

it.each([
  ['in use again stays, and is counted', 'conflict', { containers: 1, volumes: 1, kept: 1 }],
  ['gone already is neither removed nor in use', 'not_an_engine', { containers: 1, volumes: 1 }],
] as const)('what is %s', async (_what, code, told) => {
  const engine = refusing(code, code === 'conflict' ? 409 : 404)
  expect(await prune(engine, { containers: [first], volumes })).toEqual({ ...told, freed: 0 })
})

it.each(['engine_error', 'engine_disk_full'] as const)(
  'what is refused by %s is not told as in use: the rest goes, and the task says what stays',
  async (code) => {
    const error = await prune(refusing(code), { containers: [first], volumes })
    expect(error).toBeInstanceOf(KnownEnd)
    expect(error).toMatchObject({
      code: 'prune_unfinished',
      isCancelled: false,
      context: { params: { gone: 2, left: 1 }, detail: 'as the engine says' },
    })
    expect(await prune(refusing(code), { volumes: ['data'] })).toMatchObject({ code })
  },
)
