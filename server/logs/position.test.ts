import { describe, expect, it } from 'vitest'
import type { LogPosition } from '#lib/contracts/logs.ts'
import type { LogLine } from '../engine/logs.ts'
import { LogCursor } from './cursor.ts'
import { type LogItem, readOn } from './resume.ts'

const second = 1_000_000_000n
const line = (time: bigint, text = String(time)): LogLine => ({ time, stream: 'stdout', text })

/** An engine's log file: what it gives from a moment on, in its own order. */
const engine = (log: readonly LogLine[]) => (since: bigint) => log.filter((entry) => entry.time >= since)

async function resume(log: readonly LogLine[], position: LogPosition | null): Promise<LogItem[]> {
  const items: LogItem[] = []
  const answer = engine(log)(BigInt(position?.since ?? 0))
  for await (const item of readOn(
    (async function* () {
      yield* answer
    })(),
    position,
  ))
    items.push(item)
  return items
}
const fresh = (items: readonly LogItem[]) =>
  items.flatMap((item) => ('line' in item && item.isNew ? [item.line.text] : []))
const gaps = (items: readonly LogItem[]) =>
  items.flatMap((item) => ('gap' in item && item.gap ? [item.gap] : []))

/** Reads so many lines, is cut, reads on from the position alone, and so forth: what came in all. */
async function readInCuts(log: readonly LogLine[], lengths: readonly number[]): Promise<string[]> {
  const got: string[] = []
  let position: LogPosition | null = null
  for (const length of [...lengths, Number.POSITIVE_INFINITY]) {
    // A new cursor each time: the browser comes back to another process with nothing but the position.
    const cursor = new LogCursor(position ?? 0n)
    let taken = 0
    for (const item of await resume(log, position)) {
      if (!('line' in item)) continue
      if (item.isNew && taken >= length) break
      if (!item.isNew) continue
      cursor.pass(item.line.time)
      got.push(item.line.text)
      taken++
    }
    position = cursor.position() ?? position
  }
  return got
}

describe('a position in a log', () => {
  const logs: Record<string, LogLine[]> = {
    'nanoseconds, all different': Array.from({ length: 500 }, (_, n) =>
      line(BigInt(n) * 7_000_000n + 1n, `${n}`),
    ),
    'many at one time': Array.from({ length: 500 }, (_, n) => line(BigInt(Math.floor(n / 40)) * 3n, `${n}`)),
    'whole seconds, identical lines': Array.from({ length: 500 }, (_, n) =>
      line(BigInt(Math.floor(n / 90)) * second, `same ${Math.floor(n / 3)}`),
    ),
    'two streams stored a little out of order': Array.from({ length: 500 }, (_, n) =>
      line(BigInt(n) * 1_000_000n + (n % 2 === 0 ? 90_000_000n : 0n), `${n}`),
    ),
    'hours of silence between': Array.from({ length: 60 }, (_, n) =>
      line(BigInt(n) * 3600n * second, `${n}`),
    ),
  }
  it.each(Object.entries(logs))('loses and doubles nothing over cuts: %s', async (_, log) => {
    const all = log.map((entry) => entry.text)
    for (const step of [1, 7, 89, 90, 91]) {
      const cuts = Array.from({ length: Math.ceil(500 / step) }, () => step)
      expect(await readInCuts(log, cuts)).toEqual(all)
    }
  })

  it('is none before the first line', () => {
    expect(new LogCursor().position()).toBeNull()
  })

  it('keeps little, however long the log', () => {
    const cursor = new LogCursor()
    for (let n = 0; n < 300_000; n++) cursor.pass(BigInt(n) * 1_000_000n)
    expect(cursor.position()).toEqual({
      since: String(298_999n * 1_000_000n),
      skip: 1001,
      last: String(299_999n * 1_000_000n),
    })
  })
})

describe('what the engine has rotated away', () => {
  const log = Array.from({ length: 100 }, (_, n) => line(BigInt(n + 1) * 100_000_000n, `${n}`))
  const passed = (count: number) => {
    const cursor = new LogCursor()
    for (const entry of log.slice(0, count)) cursor.pass(entry.time)
    return cursor.position()
  }

  it('is a gap where lines are missing between', async () => {
    const items = await resume(log.slice(60), passed(40))
    expect(gaps(items)).toEqual([{ from: 4_000_000_000n, to: 6_100_000_000n }])
    expect(fresh(items)).toEqual(log.slice(60).map((entry) => entry.text))
  })

  it('is none where only what was passed is missing', async () => {
    const items = await resume(log.slice(36), passed(40))
    expect(gaps(items)).toEqual([])
    expect(fresh(items)).toEqual(log.slice(40).map((entry) => entry.text))
  })

  it('is no reason to wait for what does not come any more', async () => {
    expect(await resume([], passed(40))).toEqual([])
    const later = [line(60_000_000_000n, 'much later')]
    expect(fresh(await resume(later, passed(40)))).toEqual(['much later'])
  })
})
