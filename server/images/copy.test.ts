import { setTimeout as delay } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { createAccess } from '../auth/access.ts'
import type { Principal } from '../auth/types.ts'
import type { EngineClient } from '../engine/types.ts'
import { AppError } from '../errors.ts'
import type { HostRegistry } from '../hosts/types.ts'
import { copyTask } from './copy.ts'

const { authorize } = createAccess({
  grants: { resolved: () => [], onChanged() {} },
  registry: { facts: () => undefined, subscribe: () => () => {} },
  fleet: { get: () => undefined, all: () => [], subscribe: () => () => {} },
})

const id = `sha256:${'a'.repeat(64)}`
const input = { references: ['x:1'], sourceHostId: 'source', targetHostIds: ['target'] }
const as = (role: Principal['role']): Principal => ({
  ...{ userId: 'u', sessionId: 's', name: 'n', email: 'e', role },
})
const missing = async () => {
  throw new AppError('image_not_found')
}

function copyBetween(source: Partial<EngineClient>, target: Partial<EngineClient>) {
  const engines = {
    source: { inspectImage: async () => ({ Id: id }), ...source },
    target,
  } as unknown as Record<string, EngineClient>
  const registry = { get: () => ({}), engine: (hostId: string) => engines[hostId] } as unknown as HostRegistry
  return async (principal: Principal, signal = new AbortController().signal, planned = () => {}) => {
    const [step] = await copyTask({ registry, authorize }).plan(input, principal)
    planned()
    return step?.run({ taskId: '', signal, progress() {} })
  }
}

it('is denied to who may not take images out of the source, also when that changed before the step', async () => {
  let asked = false
  const copy = copyBetween(
    {
      async inspectImage() {
        asked = true
        return { Id: id }
      },
    },
    {},
  )
  await expect(copy(as('operator'))).rejects.toMatchObject({ code: 'denied', context: { hostId: 'source' } })
  const principal = as('administrator')
  const running = copy(principal, undefined, () => {
    principal.role = 'operator'
  })
  await expect(running).rejects.toMatchObject({ code: 'denied', context: { hostId: 'source' } })
  expect(asked).toBe(false)
})

it('lets go of the source when the target refuses', async () => {
  let ended = false
  const copy = copyBetween(
    {
      async saveImages() {
        return (async function* () {
          try {
            for (;;) yield Buffer.alloc(512)
          } finally {
            ended = true
          }
        })()
      },
    },
    {
      inspectImage: missing,
      async loadImages(tar) {
        for await (const chunk of tar) if (chunk.length > 0) break
        throw new AppError('engine_disk_full')
      },
    },
  )
  await expect(copy(as('administrator'))).rejects.toMatchObject({ code: 'engine_disk_full' })
  expect(ended).toBe(true)
})

it('gives the target no whole archive when the source breaks off, and names the source', async () => {
  let seen: unknown
  const copy = copyBetween(
    {
      async saveImages() {
        return (async function* () {
          yield Buffer.alloc(512)
          await delay(1)
          throw new AppError('connection_reset')
        })()
      },
    },
    {
      inspectImage: missing,
      async loadImages(tar) {
        try {
          await Array.fromAsync(tar)
        } catch (error) {
          seen = error
          throw error
        }
        return { loaded: [id] }
      },
    },
  )
  const error = { code: 'connection_reset', context: { hostId: 'source' } }
  await expect(copy(as('administrator'))).rejects.toMatchObject(error)
  expect(seen).toMatchObject(error)
})

it('hands its signal to both ends', async () => {
  const abort = new AbortController()
  const signals: unknown[] = []
  const copy = copyBetween(
    {
      async saveImages(_references, signal) {
        signals.push(signal)
        return (async function* () {})()
      },
    },
    {
      inspectImage: missing,
      async loadImages(_tar, { signal }) {
        signals.push(signal)
        throw new AppError('task_cancelled')
      },
    },
  )
  await expect(copy(as('administrator'), abort.signal)).rejects.toThrow()
  expect(signals).toEqual([abort.signal, abort.signal])
})

it('names nothing when another image arrived', async () => {
  const tagged: string[] = []
  const other = `sha256:${'b'.repeat(64)}`
  const copy = copyBetween(
    { saveImages: async () => (async function* () {})() },
    {
      inspectImage: async (reference) => (reference === other ? { Id: other } : missing()),
      loadImages: async () => ({ loaded: [other] }),
      async tagImage(image) {
        tagged.push(image)
      },
    },
  )
  await expect(copy(as('administrator'))).rejects.toMatchObject({ code: 'copy_mismatch' })
  expect(tagged).toEqual([])
})
