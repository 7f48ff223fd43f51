import { setTimeout as delay } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { createAccess } from '../../access/access.ts'
import type { ImageCalls } from '../../engine/types.ts'
import { AppError } from '../../errors.ts'
import type { HostRegistry } from '../../fleet/host-registry.ts'
import { createLog } from '../../log.ts'
import type { Principal } from '../../principal/principal.ts'
import { copyTask } from './copy.ts'

const { authorize } = createAccess({
  grants: { resolved: () => [], onChanged: () => () => {} },
  registry: { facts: () => undefined, subscribe: () => () => {} },
  fleet: { get: () => undefined, all: () => [], subscribe: () => () => {} },
  log: createLog('silent'),
})

const id = `sha256:${'a'.repeat(64)}`
const input = { references: ['x:1'], sourceHostId: 'source', targetHostIds: ['target'] }
const as = (role: Principal['role']): Principal => ({
  userId: 'u',
  sessionId: 's',
  name: 'n',
  email: 'e',
  role,
})
const missing = async () => {
  throw new AppError('image_not_found')
}

function copyBetween(
  source: Partial<ImageCalls>,
  target: Partial<ImageCalls>,
  references = input.references,
) {
  const engines = {
    source: { images: { inspect: async () => ({ Id: id }), ...source } },
    target: { images: target },
  }
  const registry = {
    get: () => ({}),
    engine: (hostId: string) => engines[hostId as 'source'],
  } as unknown as HostRegistry
  return async (principal: Principal, signal = new AbortController().signal, planned = () => {}) => {
    const task = copyTask({ registry, fleet: { all: () => [] }, authorize })
    const [step] = await task.plan({ ...input, references }, principal)
    planned()
    return step?.run({
      taskId: '',
      signal,
      progress() {},
      carryOut: async () => {},
      keep: async () => {},
      before: null,
    })
  }
}

it('is denied to who may not take images out of the source, also when that changed before the step', async () => {
  let asked = false
  const copy = copyBetween(
    {
      async inspect() {
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
      async save() {
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
      inspect: missing,
      async load(tar) {
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
      async save() {
        return (async function* () {
          yield Buffer.alloc(512)
          await delay(1)
          throw new AppError('connection_reset')
        })()
      },
    },
    {
      inspect: missing,
      async load(tar) {
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
      async save(_references, signal) {
        signals.push(signal)
        return (async function* () {})()
      },
    },
    {
      inspect: missing,
      async load(_tar, { signal }) {
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
    { save: async () => (async function* () {})() },
    {
      inspect: async (reference) => (reference === other ? { Id: other } : missing()),
      load: async () => ({ loaded: [other] }),
      async tag(image) {
        tagged.push(image)
      },
    },
  )
  await expect(copy(as('administrator'))).rejects.toMatchObject({ code: 'copy_mismatch' })
  expect(tagged).toEqual([])
})

it('one that is cancelled after a part of it has come says what is there, and is cancelled', async () => {
  const abort = new AbortController()
  const others = [id, `sha256:${'b'.repeat(64)}`]
  const there = new Set<string>()
  const copy = copyBetween(
    {
      inspect: async (reference) => ({ Id: reference === 'x:1' ? id : others[1] }),
      save: async ([saved]) =>
        (async function* () {
          // Only a signal ends it.
          if (saved !== id) abort.abort(new AppError('task_cancelled'))
          abort.signal.throwIfAborted()
          yield Buffer.from(String(saved))
        })(),
    },
    {
      async inspect(reference) {
        return there.has(reference) || there.size > 1 ? { Id: id } : missing()
      },
      async load(tar) {
        for await (const chunk of tar) there.add(String(chunk))
        return { loaded: [...there] }
      },
      async tag(_image, { repository, tag }) {
        there.add(`${repository}:${tag}`)
      },
    },
    ['x:1', 'y:1'],
  )
  await expect(copy(as('administrator'), abort.signal)).rejects.toMatchObject({
    code: 'images_unfinished',
    isCancelled: true,
    context: { params: { there: 'docker.io/library/x:1', missing: 'docker.io/library/y:1', unnamed: '–' } },
  })
})
