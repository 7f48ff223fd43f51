import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { LogLine } from './logs.ts'
import { withoutHoles } from './logs-podman.ts'

const line = (text: string): LogLine => ({ time: 1_000_000_000n, stream: 'stdout', text })
const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `n ${from + index}`)

/** A followed stream of those texts, where a number is a pause of so many milliseconds; and what its file holds in truth. */
async function read(
  stream: readonly (string | number)[],
  file: readonly string[],
): Promise<{ told: string[]; asked: number[] }> {
  const asked: number[] = []
  const followed = async function* () {
    for (const item of stream) {
      if (typeof item === 'number') await sleep(item)
      else yield line(item)
    }
  }
  const lines = withoutHoles(followed(), async (count) => {
    asked.push(count)
    return file.slice(-count).map(line)
  })
  const told: string[] = []
  for await (const { text } of lines) told.push(text)
  return { told, asked }
}

const pause = 200
const silence = 700

it.each<[string, (string | number)[], string[]]>([
  ['a line without its text', [...numbers(1, 60), '', pause, ...numbers(62, 70)], numbers(1, 70)],
  ['a line cut in its text', [...numbers(1, 60), 'n', pause, ...numbers(62, 70)], numbers(1, 70)],
  ['a line left out', [...numbers(1, 60), pause, ...numbers(62, 70)], numbers(1, 70)],
  ['a line cut and others after it left out', [...numbers(1, 60), 'n', pause, 'n 300'], numbers(1, 300)],
  ['thousands', [...numbers(1, 60), pause, 'n 4000'], numbers(1, 4000)],
  ['the last line without its text, and silence', [...numbers(1, 60), '', silence], numbers(1, 61)],
  ['the last lines left out, and the end', [...numbers(1, 60)], numbers(1, 63)],
  ['twice', [...numbers(1, 60), '', pause, ...numbers(62, 120), '', pause, 'n 122'], numbers(1, 122)],
  ['nothing', [...numbers(1, 60), pause, ...numbers(61, 200), silence, 'n 201'], numbers(1, 201)],
  ['nothing, where a line is empty', [...numbers(1, 60), '', pause, 'x'], [...numbers(1, 60), '', 'x']],
  [
    'nothing, where all are alike',
    [...Array(60).fill('x'), pause, ...Array(5).fill('x')],
    Array(65).fill('x'),
  ],
])('Podman lost %s: the reader gets every line once and in order', async (_, stream, file) => {
  expect((await read(stream, file)).told).toEqual(file)
})

it('asks nothing for a log whose lines come slowly, or few at once', async () => {
  const slow = numbers(1, 15).flatMap((text) => [text, 200])
  const few = [...numbers(16, 50), pause, ...numbers(51, 90)]
  const { told, asked } = await read([...slow, ...few], numbers(1, 90))
  expect(told).toEqual(numbers(1, 90))
  expect(asked).toEqual([])
})

it.each([
  ['the file has been rotated', ['other', 'n 61']],
  ['Podman was far from its end and only slow', numbers(1, 60_000)],
])('goes on with what came where the place is not found: %s', async (_, file) => {
  const { told, asked } = await read([...numbers(1, 60), pause, 'n 61'], file)
  expect(told).toEqual(numbers(1, 61))
  expect(asked).toHaveLength(1)
})

it('does not tell the line in doubt when the connection is cut: it is read again', async () => {
  const followed = async function* () {
    for (const text of numbers(1, 60)) yield line(text)
    await sleep(pause)
    throw new Error('cut')
  }
  const told: string[] = []
  const reading = async () => {
    for await (const { text } of withoutHoles(followed(), async () => [])) told.push(text)
  }
  await expect(reading()).rejects.toThrow('cut')
  expect(told).toEqual(numbers(1, 59))
})
