import { afterAll, expect, it } from 'vitest'
import { type LogLook, plainLine } from './format-line.ts'

const before = process.env.TZ
afterAll(() => {
  process.env.TZ = before
})

it('a local time is right before and after clocks are put forward and back, which UTC never is', () => {
  process.env.TZ = 'Europe/Berlin'
  const told = (instant: string, timestamps: LogLook['timestamps']) => {
    const time = `${BigInt(Date.parse(instant)) * 1_000_000n}`
    const look: LogLook = { timestamps, json: 'raw', levels: false, theme: 'light', columns: [] }
    return plainLine({ kind: 'line', source: 0, time, stream: 0, text: 'x' }, [], look)
  }
  expect(told('2025-03-30T00:59:59Z', 'local')).toBe('03-30 01:59:59.000 x')
  expect(told('2025-03-30T01:00:00Z', 'local')).toBe('03-30 03:00:00.000 x')
  // The same hour twice.
  expect(told('2025-10-26T00:30:00Z', 'local')).toBe('10-26 02:30:00.000 x')
  expect(told('2025-10-26T01:30:00Z', 'local')).toBe('10-26 02:30:00.000 x')
  expect(told('2025-10-26T01:30:00Z', 'utc')).toBe('10-26 01:30:00.000Z x')
})
