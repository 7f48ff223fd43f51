import { afterAll, beforeAll, expect, it } from 'vitest'
import { z } from 'zod'
import type { Task } from '#lib/contracts/tasks.ts'
import { AppError } from '../errors.ts'
import { unfinished } from '../features/images/there.ts'
import { type AppUnderTest, startApp } from '../testing/app-under-test.ts'
import { addHosts } from '../testing/lab-hosts.ts'
import { type SmallEngine, startSmallEngine } from '../testing/small-engine.ts'
import { administrator } from '../testing/test-tasks.ts'
import { KnownEnd } from './change.ts'
import { inquiry, notDone } from './inquiry.ts'
import { defineOtherTask } from './types.ts'

const inPart = () => unfinished({ there: ['a:1'], missing: ['b:1'], unnamed: [] })
/** What the step meets, and what the engine then shows. */
const meets = {
  cut: () => new AppError('connection_reset', { detail: 'The socket was closed.' }),
  silence: () => new AppError('host_unresponsive', { params: { seconds: 4 } }),
  cancelled: () => Object.assign(inPart(), { isCancelled: true }),
  'put back': () => new KnownEnd('connection_reset'),
}
const shows = {
  done: async () => ({ outcome: 'done' }),
  nothing: () => Promise.reject(notDone()),
  'a part': () => Promise.reject(inPart()),
  'no answer': () => Promise.reject(new AppError('engine_error', { detail: 'boo' })),
}

let test: AppUnderTest
let engine: SmallEngine
let hostId: string
beforeAll(async () => {
  engine = await startSmallEngine()
  test = await startApp()
  await test.setUp()
  const transport = { kind: 'tcp' as const, host: '127.0.0.1', port: engine.port }
  hostId = (await addHosts(test, [{ name: 'small', transport }])).get('small') as string
  const input = z.object({ meets: z.enum(Object.keys(meets)), shows: z.enum(Object.keys(shows)).nullable() })
  test.app.tasks.define(
    defineOtherTask({
      kind: 'test.cut',
      input,
      params: () => ({}),
      plan: ({ meets: met, shows: shown }) => [
        {
          key: 'one',
          hostId,
          subject: 'web',
          verb: 'stop',
          act: 'container.stop',
          ...(shown === null ? {} : { kept: () => ({ shown }) }),
          run: () => Promise.reject(meets[met as keyof typeof meets]()),
        },
      ],
      takeUp(given) {
        const { shown } = z.object({ shown: z.string() }).parse(given)
        const look = shows[shown as keyof typeof shows]
        return inquiry({ act: 'container.stop', subject: 'web', state: { shown }, look })
      },
    }),
  )
})
afterAll(async () => {
  await test.close()
  await engine.close()
})

it.each([
  ['cut', 'done', 'succeeded', null, 'succeeded', undefined],
  ['silence', 'done', 'succeeded', null, 'succeeded', undefined],
  ['cut', 'nothing', 'failed', 'connection_reset', 'failed', /closed\.\n.*Nothing was changed/],
  ['cut', 'a part', 'failed', 'images_unfinished', 'failed', /./],
  ['cut', 'no answer', 'unknown', 'connection_reset', 'unknown', /closed/],
  // All that it changes goes by a plan, and none was begun.
  ['cut', null, 'failed', 'connection_reset', 'failed', /closed/],
  ['put back', 'done', 'failed', 'connection_reset', 'failed', undefined],
  ['cancelled', 'done', 'cancelled', 'images_unfinished', 'failed', undefined],
] as const)(
  'a step that meets %s, while its engine shows %s, is %s, and the audit log says no other',
  async (met, shown, state, code, logged, detail) => {
    const { tasks, audit } = test.app
    const options = { width: 1, stopOnFailure: false }
    const { id } = await tasks.start(administrator, 'test.cut', { meets: met, shows: shown }, options)
    const task = (): Task => tasks.get(administrator, id)
    await expect.poll(() => task().state).not.toBe('running')
    const [step] = task().steps
    expect([step?.state, step?.error?.code ?? null]).toEqual([state, code])
    if (detail) expect(step?.error?.detail).toMatch(detail)
    if (state === 'cancelled') expect(task().state).toBe('cancelled')
    const { items } = await audit.search.page({}, undefined, 100)
    const outcomes = items.filter(({ taskId }) => taskId === id).map(({ result }) => result?.outcome)
    expect(outcomes).toEqual([logged])
  },
)
