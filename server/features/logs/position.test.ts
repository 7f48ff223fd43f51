import { describe, expect, it } from 'vitest'
import type { LogPosition } from '#lib/contracts/logs.ts'
import type { LogLine } from '../../engine/logs.ts'
import { LogCursor } from './cursor.ts'
import { type LogItem, readOn, readOnAfter } from './resume.ts'

const second = 1_000_000_000n
const line = (time: bigint, text = String(time)): LogLine => ({ time, stream: 'stdout', text })

type Since = (log: readonly LogLine[], since: bigint) => LogLine[]

/** What engines give from a moment on, in their own order: the lab's answers to a log with lines out of order. */
const engines = {
  'Docker 20.10 and Podman': (log, since) => log.filter((entry) => entry.time >= since),
  'Docker 28': (log, since) => {
    const first = log.findIndex((entry) => entry.time >= since)
    return first < 0 ? [] : log.slice(first)
  },
} satisfies Record<string, Since>

async function resume(
  log: readonly LogLine[],
  position: LogPosition | null,
  engine: Since = engines['Docker 28'],
): Promise<LogItem[]> {
  const items: LogItem[] = []
  const answer = engine(log, BigInt(position?.since ?? 0))
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
async function readInCuts(
  log: readonly LogLine[],
  lengths: readonly number[],
  engine: Since,
): Promise<string[]> {
  const got: string[] = []
  let position: LogPosition | null = null
  for (const length of [...lengths, Number.POSITIVE_INFINITY]) {
    // A new cursor each time: the browser comes back to another process with nothing but the position.
    const cursor = new LogCursor(position ?? 0n)
    let taken = 0
    for (const item of await resume(log, position, engine)) {
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
      line(BigInt(n) * 10_000_000n + (n % 10 === 0 ? 90_000_001n : 0n), `${n}`),
    ),
    'out of order all the way': Array.from({ length: 500 }, (_, n) =>
      line(BigInt(n) * 10_000_000n + (n % 2 === 0 ? 35_000_000n : 0n), `${n}`),
    ),
    'hours of silence between': Array.from({ length: 60 }, (_, n) =>
      line(BigInt(n) * 3600n * second, `${n}`),
    ),
  }
  describe.each(Object.entries(engines))('of %s', (_, engine) => {
    it.each(Object.entries(logs))('loses and doubles nothing over cuts: %s', async (_, log) => {
      const all = log.map((entry) => entry.text)
      for (const step of [1, 7, 89, 90, 91, ...Array.from({ length: 30 }, (_, n) => 330 + n)]) {
        const cuts = Array.from({ length: Math.ceil(500 / step) }, () => step)
        expect(await readInCuts(log, cuts, engine)).toEqual(all)
      }
    })

    it('is found again by whoever saw only the end of the log', async () => {
      for (const name of ['nanoseconds, all different', 'two streams stored a little out of order']) {
        const log = logs[name] as LogLine[]
        const start = log.length - 60
        for (let cut = start + 40; cut < log.length; cut++) {
          const cursor = new LogCursor()
          for (const entry of log.slice(start, cut)) cursor.pass(entry.time)
          const items = await resume(log, cursor.position(), engine)
          expect(fresh(items), name).toEqual(log.slice(cut).map((entry) => entry.text))
        }
      }
    })
  })

  it('is none before the first line', () => {
    expect(new LogCursor().position()).toBeNull()
  })

  it('keeps little, however long the log', () => {
    const cursor = new LogCursor()
    for (let n = 0; n < 300_000; n++) cursor.pass(BigInt(n) * 1_000_000n)
    expect(cursor.position()).toEqual({
      since: String(298_996n * 1_000_000n),
      skip: 1004,
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

describe('a tail that still has what it passed', () => {
  const log = Array.from({ length: 200 }, (_, n) => line(BigInt(Math.floor(n / 90)) * second, `n ${n % 40}`))
  const after = async (given: readonly LogLine[], passed: readonly LogLine[]) => {
    const items: LogItem[] = []
    for await (const item of readOnAfter(
      (async function* () {
        yield* given
      })(),
      passed,
    ))
      items.push(item)
    return items
  }

  it.each([0, 1, 40, 89, 90, 91, 199, 200])('of %i lines goes on after them', async (count) => {
    const items = await after(log, log.slice(0, count))
    expect(fresh(items)).toEqual(log.slice(count).map((entry) => entry.text))
    expect(gaps(items)).toEqual([])
  })

  it.each([1, 40, 89, 90, 150])(
    'tells line %i, which its stream left out, and doubles none',
    async (missing) => {
      const passed = log.slice(0, 160).toSpliced(missing, 1)
      const items = await after(log, passed)
      expect(fresh(items)).toEqual([log[missing], ...log.slice(160)].map((entry) => entry?.text))
    },
  )

  it('takes what the engine rotated away for passed, and tells a gap where lines are missing', async () => {
    const times = Array.from({ length: 100 }, (_, n) => line(BigInt(n + 1) * 100_000_000n, `${n}`))
    expect(fresh(await after(times.slice(36), times.slice(0, 40)))).toEqual(
      times.slice(40).map((entry) => entry.text),
    )
    const items = await after(times.slice(60), times.slice(0, 40))
    expect(gaps(items)).toEqual([{ from: 4_000_000_000n, to: 6_100_000_000n }])
    expect(fresh(items)).toEqual(times.slice(60).map((entry) => entry.text))
  })
})
