import { afterEach, describe, expect, it } from 'vitest'
import type { Container } from '#lib/contracts/containers.ts'
import type { Image } from '#lib/contracts/images.ts'
import type { EngineClient, EngineEvent, Local } from '../engine/types.ts'
import { createLog } from '../log.ts'
import { MemoryFleet } from './fleet-state.ts'
import { syncHost, syncTiming } from './host-sync.ts'
import { ReadingStatus } from './reading.ts'

const hostId = 'h1'
type Row = Local<Container>
const row = (id: string, more: Partial<Row> = {}) =>
  ({
    id,
    name: id,
    image: 'web:1',
    state: 'running',
    exitCode: null,
    oomKilled: false,
    startedAt: null,
    finishedAt: null,
    restartCount: null,
    ...more,
  }) as Row
const inspected = (id: string, more: Partial<Row> = {}) =>
  row(id, { startedAt: '2026-01-01T00:00:00Z', restartCount: 0, ...more })

/** An engine whose answers come when the test says so. It scripts an order of events that a real engine cannot be told to keep. */
function scriptedEngine() {
  const containers = new Map<string, Row>()
  const queues: { push(event: EngineEvent | null): void }[] = []
  const script = {
    containers,
    inspects: [] as string[],
    lists: 0,
    images: [] as Local<Image>[],
    /** Awaited by every list, so that events come while it is under way. */
    beforeList: async () => {},
    beforeInspect: async (_id: string) => {},
    failList: false,
    streams: () => queues.length,
    emit(action: string, id: string) {
      const event = { type: 'container', action, id, attributes: {}, timeNano: 0n } as EngineEvent
      queues.at(-1)?.push(event)
    },
    endStream: () => queues.at(-1)?.push(null),
    engine: {
      async events({ signal }: { signal: AbortSignal }) {
        const waiting: (EngineEvent | null)[] = []
        let wake = () => {}
        queues.push({
          push(event) {
            waiting.push(event)
            wake()
          },
        })
        signal.addEventListener('abort', () => wake())
        return (async function* () {
          while (!signal.aborted) {
            const next = waiting.shift()
            if (next === null) return
            if (next) yield next
            else await new Promise<void>((resolve) => (wake = resolve))
          }
        })()
      },
      containers: {
        async list() {
          script.lists++
          if (script.failList) throw new Error('500')
          // What the engine saw when it was asked, however late the answer arrives.
          const seen = [...containers.values()].map((known) => row(known.id, { state: known.state }))
          await script.beforeList()
          return seen
        },
        async read(id: string) {
          script.inspects.push(id)
          const seen = containers.get(id)
          await script.beforeInspect(id)
          return seen ?? null
        },
      },
      images: { list: async () => script.images },
      volumes: { list: async () => [] },
      networks: { list: async () => [] },
      pods: { list: async () => [] },
    } as unknown as EngineClient,
  }
  return script
}

const running: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of running.splice(0)) await stop()
})

const timing = { ...syncTiming, steadyMs: 200, everyMs: 100, silentMs: 100, listAnywayMs: 50, openMs: 300 }

function sync(script: ReturnType<typeof scriptedEngine>) {
  const fleet = new MemoryFleet(() => [], createLog('silent'))
  const controller = new AbortController()
  const seen = { suspects: 0, synced: 0 }
  const reading = new ReadingStatus(createLog('silent'), () => {})
  const done = syncHost(
    {
      hostId,
      name: 'one',
      engine: script.engine,
      fleet,
      log: createLog('silent'),
      suspect: () => seen.suspects++,
      synced: () => seen.synced++,
      reading,
    },
    controller.signal,
    timing,
  )
  running.push(async () => {
    controller.abort()
    await done
  })
  return { fleet, seen, reading, get: (id: string) => fleet.get('containers', hostId, id) }
}

describe('keeping a host’s objects equal to its engine’s', () => {
  it('completes what the list leaves open', async () => {
    const script = scriptedEngine()
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) script.containers.set(id, inspected(id))
    const { get, seen } = sync(script)
    await expect.poll(() => get('f')?.restartCount).toBe(0)
    expect(new Set(script.inspects)).toEqual(new Set(['a', 'b', 'c', 'd', 'e', 'f']))
    expect(seen.synced).toBeGreaterThan(0)
  })

  it('takes events while the first list is under way, and a list that is older does not win', async () => {
    const script = scriptedEngine()
    script.containers.set('a', inspected('a'))
    let release = () => {}
    script.beforeList = () => new Promise((resolve) => (release = resolve))
    const { get } = sync(script)
    await expect.poll(() => script.lists).toBe(1)
    script.containers.delete('a')
    script.containers.set('b', inspected('b'))
    script.emit('destroy', 'a')
    script.emit('start', 'b')
    script.beforeList = async () => {}
    release()
    await expect.poll(() => get('b')?.startedAt).toBe('2026-01-01T00:00:00Z')
    await expect.poll(() => get('a')).toBeUndefined()
  })

  it('lists the images when a container became one: Podman tells it of the container alone', async () => {
    const script = scriptedEngine()
    const { fleet, seen } = sync(script)
    await expect.poll(() => seen.synced).toBeGreaterThan(0)
    script.images = [{ id: 'sha256:1' } as Local<Image>]
    script.emit('commit', 'a')
    await expect.poll(() => fleet.all('images').map(({ id }) => id)).toEqual(['sha256:1'])
  })

  it('is not fooled by an inspect that was under way when the container went', async () => {
    const script = scriptedEngine()
    const { get } = sync(script)
    await expect.poll(() => script.lists).toBe(1)
    script.containers.set('a', inspected('a'))
    let release = () => {}
    script.beforeInspect = () => new Promise((resolve) => (release = resolve))
    script.emit('start', 'a')
    await expect.poll(() => script.inspects).toEqual(['a'])
    script.containers.delete('a')
    script.emit('destroy', 'a')
    script.beforeInspect = async () => {}
    release()
    await expect.poll(() => script.inspects).toEqual(['a', 'a'])
    await expect.poll(() => get('a')).toBeUndefined()
  })

  it('looks again after a gap at what may have restarted meanwhile, and shows the old details until then', async () => {
    const script = scriptedEngine()
    script.containers.set('a', inspected('a'))
    const { get, seen } = sync(script)
    await expect.poll(() => get('a')?.restartCount).toBe(0)
    script.containers.set('a', inspected('a', { restartCount: 3, startedAt: '2026-01-02T00:00:00Z' }))
    const blanks: unknown[] = []
    const watch = setInterval(() => blanks.push(get('a')?.restartCount ?? 'blank'), 5)
    script.endStream()
    await expect.poll(() => get('a')?.restartCount).toBe(3)
    clearInterval(watch)
    expect(blanks).not.toContain('blank')
    expect(script.streams()).toBe(2)
    expect(seen.suspects).toBe(1)
  })

  it('looks again after a gap at all of them, also when another list comes in between', async () => {
    const script = scriptedEngine()
    const ids = Array.from({ length: 40 }, (_, index) => `c${index}`)
    for (const id of ids) script.containers.set(id, inspected(id))
    const { get } = sync(script)
    await expect.poll(() => ids.every((id) => get(id)?.restartCount === 0)).toBe(true)
    for (const id of ids) script.containers.set(id, inspected(id, { restartCount: 3 }))
    let release = () => {}
    const released = new Promise<void>((resolve) => (release = resolve))
    const before = script.inspects.length
    script.beforeInspect = () => released
    script.endStream()
    // The first few are being read, when a flood of events makes a list the next thing to do.
    await expect.poll(() => script.inspects.length).toBeGreaterThan(before)
    const { lists } = script
    for (let index = 0; index < 100; index++) script.emit('create', `gone${index}`)
    release()
    await expect.poll(() => script.lists).toBeGreaterThan(lists)
    await expect.poll(() => ids.filter((id) => get(id)?.restartCount !== 3)).toEqual([])
  })

  it('keeps the name of an image whose tag has moved on', async () => {
    const script = scriptedEngine()
    script.containers.set('a', inspected('a', { image: 'web:1' }))
    const { get } = sync(script)
    await expect.poll(() => get('a')?.restartCount).toBe(0)
    const list = script.engine.containers.list
    script.engine.containers.list = async (options) =>
      (await list(options)).map((known) => ({ ...known, image: `sha256:${'0'.repeat(64)}` }))
    script.endStream()
    await expect.poll(() => script.lists).toBe(2)
    await expect.poll(() => get('a')?.image).toBe('web:1')
  })

  // A list that fails is no reason to give events up, which work: it is told, and asked again by itself.
  it('lists again after a failed refresh, and tells a list that fails', async () => {
    const script = scriptedEngine()
    script.failList = true
    const { get, reading } = sync(script)
    await expect.poll(() => reading.view().failed).toMatchObject([{ kind: 'containers' }])
    expect(script.streams()).toBe(1)
    script.containers.set('a', inspected('a'))
    script.failList = false
    await expect.poll(() => get('a')?.restartCount).toBe(0)
    script.beforeInspect = async () => {
      throw new Error('500')
    }
    const before = script.lists
    script.emit('die', 'a')
    await expect.poll(() => script.lists).toBeGreaterThan(before)
  })

  it('reads a burst by one list', async () => {
    const script = scriptedEngine()
    const { fleet } = sync(script)
    await expect.poll(() => script.lists).toBe(1)
    for (let index = 0; index < 100; index++) {
      script.containers.set(`c${index}`, row(`c${index}`, { state: 'created' }))
      script.emit('create', `c${index}`)
    }
    await expect.poll(() => fleet.all('containers').length).toBe(100)
    expect(script.lists).toBe(2)
    expect(script.inspects).toEqual([])
  })

  it('reads at intervals while the stream ends at once, in few lists, and says when events come again', async () => {
    const script = scriptedEngine()
    const { events } = script.engine
    script.engine.events = async () => (async function* () {})()
    const { reading, seen } = sync(script)
    await expect.poll(() => reading.view().withoutEvents?.error.code).toBe('events_ended')
    const lists = script.lists
    await expect.poll(() => script.lists).toBeGreaterThan(lists + 2)
    expect(script.inspects).toEqual([])
    expect(seen.synced).toBeGreaterThan(0)
    script.engine.events = events
    await expect.poll(() => reading.view().withoutEvents).toBeNull()
  })

  it('notices a change behind a stream that tells nothing, and believes it again when it does', async () => {
    const script = scriptedEngine()
    const { get, reading, seen } = sync(script)
    await expect.poll(() => seen.synced).toBeGreaterThan(0)
    script.containers.set('a', inspected('a'))
    await expect.poll(() => get('a')?.state).toBe('running')
    await expect.poll(() => reading.view().withoutEvents?.error.code).toBe('events_withheld')
    script.emit('start', 'a')
    await expect.poll(() => reading.view().withoutEvents).toBeNull()
  })

  it('coalesces a flood of events of containers that are nobody’s', async () => {
    const script = scriptedEngine()
    const { seen } = sync(script)
    await expect.poll(() => seen.synced).toBeGreaterThan(0)
    for (let burst = 0; burst < 20; burst++) {
      for (let index = 0; index < 200; index++) script.emit('start', `unknown${burst}-${index}`)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    expect(script.lists).toBeLessThan(6)
    expect(script.inspects).toEqual([])
  })
})
