import { expect, it } from 'vitest'
import type { Task, TaskStep } from '#lib/contracts/tasks.ts'
import type { Audit, Outcome } from '../audit/service.ts'
import { AppError } from '../errors.ts'
import { createLog } from '../log.ts'
import { inquired, inquiry, notDone } from './inquiry.ts'
import type { Plans } from './plans.ts'
import { takeUp } from './take-up.ts'

it.each([
  ['done', async () => ({ outcome: 'done' }), 'succeeded', {}],
  ['not done', () => Promise.reject(notDone()), 'failed', { error: { code: 'step_not_done' } }],
  [
    'not known',
    () => Promise.reject(new AppError('engine_error')),
    'unknown',
    { error: { code: 'step_outcome_unknown' }, outcome: 'unknown' },
  ],
] as const)('what is taken up and %s is that in the audit log too', async (_what, look, state, told) => {
  const ends: Outcome[] = []
  const audit = {
    begin: async () => ({ end: async (outcome: Outcome) => void ends.push(outcome) }),
  } as unknown as Audit
  const plans = {
    async carryOut(_about, change) {
      for (const step of change.finish)
        await step
          .do({} as never, new AbortController().signal)
          .catch((error) => change.leftToFinish(step.name, error))
    },
  } as Partial<Plans> as Plans
  const step = { id: 'one', hostId: 'h000000000000', verb: 'pull', subject: 'web:1' } as TaskStep
  const takenUp = inquiry({ act: 'image.pull', subject: 'web:1', state: {}, look })
  const around = { plans, audit, log: createLog('silent'), changed() {}, ended() {} }
  const leave = new AbortController().signal
  await takeUp({ id: 't' } as Task, [{ step, plan: structuredClone(inquired), takenUp }], {
    ...around,
    leave,
  }).done
  expect(step.state).toBe(state)
  expect(ends).toMatchObject([told])
})
