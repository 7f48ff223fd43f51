import { expect, it } from 'vitest'
import type { EngineClient } from '../../engine/types.ts'
import { AppError } from '../../errors.ts'
import type { Change, ChangeStep, KnownEnd } from '../../tasks/change.ts'
import { type CreationState, creation } from './creation.ts'
import { nameAfter } from './name.ts'

const fresh = (): CreationState => ({ name: 'web', start: true, warnings: [], askedAt: Date.now() })
const never = new AbortController().signal
const create = ({ steps }: Change) => steps[0] as ChangeStep

it('a container that the engine makes only after its answer was lost is taken away again', async () => {
  const removed: string[] = []
  let asked = 0
  const engine = {
    containers: {
      list: async () => (++asked < 3 ? [] : [{ id: 'late', name: 'web', state: 'created' }]),
      remove: async (id: string) => void removed.push(id),
    },
  } as unknown as EngineClient
  const lost = () => Promise.reject(new AppError('connection_reset'))
  const { change } = creation(fresh(), lost)
  await expect(create(change).do(engine, never)).rejects.toMatchObject({ code: 'connection_reset' })
  await create(change).undo?.(engine)
  expect(removed).toEqual(['late'])
})

it('an engine that refuses is not waited for', async () => {
  let asked = 0
  const engine = {
    containers: {
      async list() {
        asked++
        return []
      },
    },
  } as unknown as EngineClient
  const { change } = creation(fresh(), () => Promise.reject(new AppError('port_taken')))
  await expect(create(change).do(engine, never)).rejects.toMatchObject({ code: 'port_taken' })
  await create(change).undo?.(engine)
  expect(asked).toBe(1)
})

it('whose start fails is known to the next attempt, which starts it and makes no second one', () => {
  const { change, result } = creation({ ...fresh(), newId: 'c0ffee' }, () => Promise.reject(new Error()))
  change.leftToFinish('start', new AppError('port_taken'))
  let end: KnownEnd | undefined
  try {
    result()
  } catch (error) {
    end = error as KnownEnd
  }
  expect([end?.code, end?.left]).toEqual(['port_taken', { containerId: 'c0ffee' }])
  const again = creation({ ...fresh(), newId: 'c0ffee', isKept: true }, () => Promise.reject(new Error()))
  expect([again.change.steps.length, again.change.finish.length]).toEqual([0, 1])
})

it.each([
  ['registry.example/team/web:1', /^web-[0-9a-f]{6}$/],
  [`sha256:${'a'.repeat(64)}`, /^[a-zA-Z0-9][\w.-]*-[0-9a-f]{6}$/],
  ['localhost:5000/__odd', /^container-[0-9a-f]{6}$/],
])('a container of %s without a name is called after it', (image, name) => {
  expect(nameAfter(image)).toMatch(name)
})
