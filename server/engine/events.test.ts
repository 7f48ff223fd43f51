import { describe, expect, it } from 'vitest'
import { AppError } from '../errors.ts'
import { explainError } from '../transport/explain.ts'
import type { Transport } from '../transport/types.ts'
import { nanoToSeconds, readEvents } from './events.ts'

const transport = { explain: (error: unknown) => explainError(error, {}) } as Transport

async function read(...chunks: string[]) {
  const events = []
  const body = (async function* () {
    for (const chunk of chunks) yield Buffer.from(chunk)
  })()
  for await (const event of readEvents(body, transport)) events.push(event)
  return events
}

describe('events', () => {
  it('keeps every nanosecond, which since needs to be inclusive', async () => {
    const line =
      '{"Type":"container","Action":"start","Actor":{"ID":"x"},"time":1795219772,"timeNano":1795219772787103489}\n'
    const [event] = await read(line)
    expect(event?.timeNano).toBe(1795219772787103489n)
    expect(nanoToSeconds(event?.timeNano as bigint)).toBe('1795219772.787103489')
  })

  it('writes leading zeros of the nanoseconds', () => {
    expect(nanoToSeconds(1795219772000000007n)).toBe('1795219772.000000007')
  })

  it('goes on after kinds that are not kept', async () => {
    const events = await read(
      '{"Type":"plugin","Action":"x"}\nnull\n7\n',
      '{"Type":"image","Action":"tag","Actor":{"ID":"i"}}\n',
    )
    expect(events.map((event) => event.action)).toEqual(['tag'])
  })

  it.each([
    ['HTML', '<html>\n'],
    ['a broken moment', '{"Type":"container","Action":"start","timeNano":1.5}\n'],
    ['a half second', '{"Type":"container","Action":"start","time":1.5}\n'],
  ])('names %s an invalid answer', async (_name, line) => {
    const error = await read(line).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(AppError)
    expect((error as AppError).code).toBe('engine_answer_invalid')
  })
})
