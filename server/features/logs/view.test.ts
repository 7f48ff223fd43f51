import { afterEach, expect, it } from 'vitest'
import type { Container } from '#lib/contracts/containers.ts'
import { type LogServerFrame, maximumSources } from '#lib/contracts/logs.ts'
import type { LogLine } from '../../engine/logs.ts'
import type { EngineClient } from '../../engine/types.ts'
import { LogView, type ViewParts } from './view.ts'

const views: LogView[] = []
afterEach(() => {
  for (const view of views.splice(0)) view.close()
})

/** A view of whatever is there, on an engine whose containers have said their own name and are over. */
function viewOf(there: Map<string, Container>) {
  const frames: LogServerFrame[] = []
  let wake = () => {}
  const engine = {
    containers: {
      async logSettings() {
        return { tty: false, driver: 'json-file', isLimited: false }
      },
      async logs(id: string) {
        return (async function* (): AsyncGenerator<LogLine> {
          yield { time: 1n, stream: 'stdout', text: id }
        })()
      },
    },
  } as unknown as EngineClient
  const reader = { next: async () => null, leave() {} }
  const tail = { current: { state: 'ended', error: null }, watch: () => () => {} }
  const parts = {
    registry: { engine: () => engine },
    fleet: {
      hosts: () => [],
      get: (_kind: string, _host: string, id: string) => there.get(id),
      subscribe(listener: () => void) {
        wake = listener
        return () => {}
      },
    },
    tails: { join: () => ({ tail, reader }) },
    select: () => [...there.values()],
  } as unknown as ViewParts
  const options = { follow: true, tail: 10, stdout: true, stderr: true }
  const view: LogView = new LogView({ selection: { filter: '' }, options, resume: {} }, parts, (frame) => {
    frames.push(frame)
    if (frame.type === 'lines') view.taken(frame.rows.length)
  })
  views.push(view)
  view.open()
  return {
    frames,
    changed: () => wake(),
    texts: () => frames.flatMap((frame) => (frame.type === 'lines' ? frame.rows.map((row) => row[3]) : [])),
  }
}
const container = (id: string) => ({ hostId: 'h', id, name: id, startedAt: null }) as Container

it('shows what matches now, after more containers than it has places have come and gone', async () => {
  const there = new Map<string, Container>()
  const { changed, texts, frames } = viewOf(there)
  const names: string[] = []
  for (let round = 0; round < 3; round++) {
    there.clear()
    for (let count = 0; count < maximumSources - 1; count++) {
      const id = `c${round}-${count}`
      names.push(id)
      there.set(id, container(id))
    }
    changed()
    await expect.poll(() => texts().length).toBe(names.length)
  }
  expect(texts().sort()).toEqual(names.sort())
  expect(frames.filter(({ type }) => type === 'tooMany')).toEqual([])
})

it('says how many have no place, whenever that changes, and gives them the places that become free', async () => {
  const there = new Map(Array.from({ length: maximumSources }, (_, n) => [`c${n}`, container(`c${n}`)]))
  const { changed, texts, frames } = viewOf(there)
  const left = () => frames.flatMap((frame) => (frame.type === 'tooMany' ? [frame.left] : []))
  await expect.poll(() => texts().length).toBe(maximumSources)
  there.set('late', container('late'))
  changed()
  await expect.poll(left).toEqual([1])
  there.delete('c0')
  changed()
  await expect.poll(() => texts().includes('late')).toBe(true)
  await expect.poll(left).toEqual([1, 0])
})
