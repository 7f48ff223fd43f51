import { describe, expect, it } from 'vitest'
import type { LogSource } from '#lib/contracts/logs.ts'
import { LineFilter } from '#lib/logs/filter.ts'
import { plainLogLine } from '#lib/logs/sanitise.ts'
import type { LogLook, StoredLine } from './format-line.ts'
import { KeptLines, keptLines } from './kept-lines.ts'
import { LineJudge } from './line-judge.ts'
import { LogWriter } from './log-writer.ts'
import { linesAfter, PlaceSeeker } from './place-seeker.ts'

const nanos = (instant: string, more = 0n) => BigInt(Date.parse(instant)) * 1_000_000n + more
const line = (time: bigint, text: string, source = 0): StoredLine & { kind: 'line' } => ({
  kind: 'line',
  source,
  time: String(time),
  stream: 0,
  text,
})
const sources = ['a', 'b'].map(
  (name, index): LogSource => ({
    index,
    hostId: 'h',
    containerId: String(index).repeat(64),
    name,
    host: 'host',
    state: 'following',
    error: null,
  }),
)
const words = { gap: () => 'gap', day: (day: string) => day, started: (name: string) => `${name} started` }
const write = (
  lines: StoredLine[],
  { starts = [], ...change }: Partial<LogLook> & { starts?: bigint[] } = {},
) => {
  const look: LogLook = {
    timestamps: 'off',
    json: 'pretty',
    levels: false,
    theme: 'dark',
    columns: [],
    ...change,
  }
  const writer = new LogWriter(look, words, () => starts, Date.parse('2026-11-30T12:00:00Z'))
  return writer.write(lines, sources.slice(0, 1), 80).map(({ text }) => plainLogLine(text).trimEnd())
}

describe('what is written between lines', () => {
  it('is a new day, also the first where it is not today', () => {
    const times = ['2026-11-28T23:59:59.999Z', '2026-11-29T00:00:00Z', '2026-11-30T01:00:00Z']
    const lines = times.map((time) => line(nanos(time), time.slice(8, 10)))
    expect(write(lines, { timestamps: 'utc' }).map((text) => text.replace(/^ .*Z /, ''))).toEqual([
      '── 2026-11-28 ──',
      '28',
      '── 2026-11-29 ──',
      '29',
      '── 2026-11-30 ──',
      '30',
    ])
  })

  const at = nanos('2026-11-30T10:00:00Z')
  it.each([
    ['before its first line', [at - 1n, at + 5n], at, [' x', '── a started ──', ' x']],
    [
      'of whole seconds, as Podman tells them',
      [at - 1_000_000_000n, at],
      at + 400_000_000n,
      [' x', '── a started ──', ' x'],
    ],
    ['not before the first line there is', [at + 5n], at, [' x']],
    ['not where all lines are of one run', [at + 5n, at + 6n], at, [' x', ' x']],
  ])('is a start: %s', (_, times, start, expected) => {
    expect(
      write(
        times.map((time) => line(time, 'x')),
        { starts: [start] },
      ),
    ).toEqual(expected)
  })

  it('is told also where the filter hides the lines around it', () => {
    const lines = [line(at - 1n, 'x'), line(at + 1n, 'x'), line(at + 2n, 'y')]
    for (const each of lines.slice(0, 2)) each.hidden = true
    expect(write(lines, { starts: [at] })).toEqual(['── a started ──', ' y'])
  })
})

it('fields are columns where they are wanted, and not said twice', () => {
  const now = nanos('2026-11-30T10:00:00Z')
  const lines = ['{"status":200,"msg":"ok","path":"/a/very/long/path/of/it"}', 'plain'].map((text) =>
    line(now, text),
  )
  expect(write(lines, { columns: ['status', 'path'] })).toEqual([
    ` ${'200'.padEnd(17)}/a/very/long/pa… ok`,
    ` ${' '.repeat(34)}plain`,
  ])
})

describe('lines at hand', () => {
  it('go first where the filter hides them, and the rest keeps its place', () => {
    const kept = new KeptLines()
    const lines = Array.from({ length: keptLines }, (_, index) => line(BigInt(index), String(index)))
    for (const [index, each] of lines.entries()) each.hidden = index % 100 !== 50
    expect(kept.push(lines)).toBe(0)
    expect(kept.push(Array.from({ length: 300 }, (_, index) => line(BigInt(keptLines + index), 'new')))).toBe(
      0,
    )
    expect(kept.all().filter(({ hidden }) => !hidden)).toHaveLength(400)
    expect(kept.all().length).toBeLessThanOrEqual(keptLines)
    // The first that is left is the 50th: the 49 that went are of other times.
    expect(kept.first(0)).toMatchObject({ time: '50', skip: 0 })
  })

  it('are counted where many are of one time, whichever went', () => {
    const kept = new KeptLines()
    const same = Array.from({ length: keptLines }, () => line(7n, 'x'))
    kept.push(same)
    const last = line(7n, 'last')
    expect(kept.push([last])).toBeGreaterThan(0)
    expect(kept.nth(last)).toBe(keptLines)
  })
})

it('a filter that takes too long is given up, and all lines are shown', () => {
  let now = 0
  const judge = new LineJudge(() => now)
  const filter = new LineFilter({ keep: 'x', mode: 'regex', level: null }, () => {
    now += 400
    return false
  })
  judge.use(filter, ({ name }) => name === 'b')
  const lines = [0, 1, 0, 0, 0, 0].map((source) => line(1n, 'x', source))
  expect(judge.judge(lines, sources, true)).toBe(false)
  expect(judge.judge(lines, sources, true)).toBe(true)
  expect(lines.map(({ hidden }) => hidden)).toEqual([false, true, false, false, false, false])
})

describe('a place that a link leads to', () => {
  const seek = (place: ConstructorParameters<typeof PlaceSeeker>[0], lines: readonly StoredLine[]) => {
    let found: StoredLine | null = null
    const seeker = new PlaceSeeker(place, (each) => {
      found = each
    })
    seeker.pass(lines, sources)
    seeker.pass(
      Array.from({ length: linesAfter }, () => line(100n, 'after')),
      sources,
    )
    seeker.stop()
    return lines.indexOf(found as unknown as StoredLine)
  }
  const lines = [line(5n, 'a'), line(6n, 'b', 1), line(6n, 'c'), line(6n, 'd'), line(7n, 'e')]
  const a = `h/${'0'.repeat(12)}`
  it.each([
    ['the first from a moment on', { source: null, time: 6n, nth: 0 }, 1],
    ['the line of its source', { source: a, time: 6n, nth: 0 }, 2],
    ['the second of its time', { source: a, time: 6n, nth: 1 }, 3],
    ['the next where the line is gone', { source: a, time: 6n, nth: 9 }, 4],
    ['none that is later than all', { source: null, time: 1000n, nth: 0 }, -1],
  ])('is %s', (_, place, expected) => {
    expect(seek(place, lines)).toBe(expected)
  })
})
