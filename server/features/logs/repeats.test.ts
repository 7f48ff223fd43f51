import { expect, it } from 'vitest'
import type { LogLine } from '../../engine/logs.ts'
import { Repeats } from './repeats.ts'

const line = (time: number, text = `n ${time}`, stream: LogLine['stream'] = 'stdout'): LogLine => ({
  time: BigInt(time) * 1_000_000n + 1n,
  stream,
  text,
})
const run = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => line(from + index))

function told(lines: readonly LogLine[]): LogLine[] {
  const repeats = new Repeats()
  const passed: LogLine[] = []
  for (const each of lines) if (!repeats.isRepeat(each, () => passed)) passed.push(each)
  return passed
}

it('leaves out what comes again after a rotation, also the last line alone', () => {
  const given = [...run(1, 300), ...run(266, 300), ...run(301, 400), ...run(400, 400), ...run(401, 410)]
  expect(told(given)).toEqual(run(1, 410))
})

it('leaves out nothing of a log whose clock was set back', () => {
  const back = Array.from({ length: 50 }, (_, index) => line(100 + index, `later ${index}`))
  const given = [...run(1, 300), ...back, ...run(301, 310)]
  expect(told(given)).toEqual(given)
})

it('leaves out nothing where the streams are stored out of order', () => {
  const given = [line(5), line(3, 'err', 'stderr'), line(6), line(4, 'err', 'stderr'), line(7)]
  expect(told(given)).toEqual(given)
})

it('keeps equal lines of a whole second, as Podman tells them', () => {
  const same: LogLine = { time: 7_000_000_000n, stream: 'stdout', text: 'tick' }
  expect(told([same, same, same])).toHaveLength(3)
})
