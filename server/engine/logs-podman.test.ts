import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it, vi } from 'vitest'
import { AppError } from '../errors.ts'
import type { LogLine } from './logs.ts'
import { withoutHoles } from './logs-podman.ts'

const line = (text: string): LogLine => ({ time: 1_000_000_000n, stream: 'stdout', text })
const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => `n ${from + index}`)

/** A followed stream of those texts, where a number is a pause of so many milliseconds; and what its file holds in truth. */
async function read(
  stream: readonly (string | number)[],
  file: readonly string[],
  backwards = file,
): Promise<{ told: string[]; asked: number[]; again: boolean[] }> {
  const asked: number[] = []
  const again: boolean[] = []
  const followed = async function* () {
    for (const item of stream) {
      if (typeof item === 'number') await new Promise((resolve) => setTimeout(resolve, item))
      else yield line(item)
    }
  }
  const whole = async function* () {
    for (const text of file) yield line(text)
  }
  const lines = withoutHoles(followed(), {
    async last(count) {
      asked.push(count)
      return backwards.slice(-count).map(line)
    },
    async again(_since, { follow }) {
      again.push(follow)
      return whole()
    },
  })
  const told: string[] = []
  // A pause is one of the stream, and none of a machine that is busy.
  vi.useFakeTimers()
  const read = { isOver: false }
  const reading = (async () => {
    for await (const { text } of lines) told.push(text)
  })().finally(() => (read.isOver = true))
  // What it throws is thrown below.
  reading.catch(() => {})
  while (!read.isOver) await vi.advanceTimersByTimeAsync(20)
  vi.useRealTimers()
  await reading
  return { told, asked, again }
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
  ['nothing, where all are alike to the end', [...Array(60).fill('x'), silence], Array(60).fill('x')],
  [
    'nothing, where all are alike and it ends',
    [...numbers(1, 40), ...Array(20).fill('x')],
    [...numbers(1, 40), ...Array(20).fill('x')],
  ],
  [
    'the text of the last line, where all are alike',
    [...Array(60).fill('x'), '', silence],
    Array(61).fill('x'),
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

it('goes on with what came where Podman is far from the end of the file and only slow', async () => {
  const { told, asked, again } = await read(
    [...numbers(1, 60), pause, ...numbers(61, 6000)],
    numbers(1, 6000),
  )
  expect(told).toEqual(numbers(1, 6000))
  expect(asked).toHaveLength(1)
  expect(again).toEqual([false])
})

it('is cut where what was told is not there any more: who reads on finds out what is missing', async () => {
  await expect(read(numbers(1, 61), ['other', 'n 61'])).rejects.toThrow('connection_reset')
})

it('takes for right what Podman has twice, where read backwards the last lines are joined', async () => {
  const file = [...Array(60).fill('x'), 'no newline']
  const joined = [...Array(59).fill('x'), 'xno newline']
  const { told, again } = await read([...file, silence], file, joined)
  expect(told).toEqual(file)
  expect(again).toEqual([true, false])
})

it('reads a line again whose pieces came with a pause between them, however slow the log is', async () => {
  const long = 'm'.repeat(100_000)
  const followed = async function* () {
    yield line('n 1')
    yield { ...line('mmm'), pieces: 2, paused: true as const }
    yield line('n 3')
  }
  const whole = async function* () {
    for (const text of ['n 1', long, 'n 3']) yield line(text)
  }
  const lines = withoutHoles(followed(), {
    last: async () => ['n 1', long, 'n 3'].map(line),
    again: async () => whole(),
  })
  expect((await Array.fromAsync(lines)).map(({ text }) => text)).toEqual(['n 1', long, 'n 3'])
})

it('tells what the reader let fall when the container ended, however few lines there were', async () => {
  expect((await read(numbers(1, 3), numbers(1, 5))).told).toEqual(numbers(1, 5))
})

it('tells the line that is held of a container that is gone with its log', async () => {
  const followed = async function* () {
    for (const text of numbers(1, 60)) yield line(text)
  }
  const again = async () => {
    throw new AppError('container_not_found', { objectId: 'x' })
  }
  const lines = withoutHoles(followed(), { last: async () => [], again })
  expect((await Array.fromAsync(lines)).map(({ text }) => text)).toEqual(numbers(1, 60))
})

it('does not tell the line in doubt when the connection is cut: it is read again', async () => {
  const followed = async function* () {
    for (const text of numbers(1, 60)) yield line(text)
    await sleep(pause)
    throw new Error('cut')
  }
  const told: string[] = []
  const again = async () => followed()
  const reading = async () => {
    for await (const { text } of withoutHoles(followed(), { last: async () => [], again })) told.push(text)
  }
  await expect(reading()).rejects.toThrow('cut')
  expect(told).toEqual(numbers(1, 59))
})
