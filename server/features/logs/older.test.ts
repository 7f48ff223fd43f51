import { describe, expect, it } from 'vitest'
import type { LogLine } from '../../engine/logs.ts'
import { linesBefore } from './older.ts'

const second = 1_000_000_000n
const log = (count: number, time: (index: number) => bigint): LogLine[] =>
  Array.from({ length: count }, (_, index) => ({ time: time(index), stream: 'stdout', text: `n ${index}` }))
async function* given(lines: readonly LogLine[]) {
  yield* lines
}

describe.each<[string, LogLine[]]>([
  ['3,000 lines in one second', log(3000, () => 7n * second)],
  ['ten a second', log(300, (index) => BigInt(Math.floor(index / 10)) * second)],
  ['a time for each', log(500, (index) => BigInt(index) * 1_000_000n)],
  ['a time for each, stored a little out of order', log(500, (index) => BigInt(index ^ 3) * 1_000_000n)],
])('the lines before one, of a log of %s', (_, lines) => {
  it('come once each, in order, page by page, down to the first', async () => {
    let first = lines.length - 15
    const time = () => (lines[first] as LogLine).time
    let skip = lines.slice(0, first).filter((line) => line.time === time()).length
    const told: string[] = lines.slice(first).map(({ text }) => text)
    for (let pages = 0; pages < 100; pages++) {
      const found = await linesBefore(given(lines), { time: time(), skip }, 70, () => true)
      if (!found) throw new Error('not told')
      told.unshift(...found.lines.map(({ text }) => text))
      first -= found.lines.length
      if (found.begin) expect(found.begin.time).toBe(String(time()))
      skip = found.begin?.skip ?? 0
      if (!found.more) break
    }
    expect(told).toEqual(lines.map(({ text }) => text))
  })
})

it('are not told from too short an end of the log', async () => {
  const lines = log(300, (index) => BigInt(Math.floor(index / 10)) * second)
  const place = { time: 29n * second, skip: 5 }
  expect(await linesBefore(given(lines.slice(290)), place, 20, () => false)).toBeNull()
  expect(await linesBefore(given(lines.slice(280)), place, 20, () => false)).toBeNull()
  const found = await linesBefore(given(lines.slice(270)), place, 10, () => false)
  expect(found?.lines.map(({ text }) => text)).toEqual(lines.slice(285, 295).map(({ text }) => text))
  expect(found).toMatchObject({ more: true, begin: { time: String(28n * second), skip: 5 } })
})

it('are those of earlier times where the engine has thrown the line away', async () => {
  const lines = log(30, (index) => BigInt(index) * second)
  const found = await linesBefore(
    given(lines.slice(20)),
    { time: 22n * second - 1n, skip: 0 },
    10,
    () => true,
  )
  expect(found?.lines.map(({ text }) => text)).toEqual(['n 20', 'n 21'])
})
