import { describe, expect, it } from 'vitest'
import { formatFor } from './format.ts'

const format = formatFor('en')
const at = Date.parse('2026-01-01T12:00:00Z')
const ago = (ms: number) => new Date(at - ms).toISOString()
const [minute, hour, day] = [60_000, 3_600_000, 86_400_000]

describe('format', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1 kB'],
    [72_800_000, '72.8 MB'],
    [999_600, '1 MB'],
    [1.5e9, '1.5 GB'],
    [2.5e15, '2.5 PB'],
    [9e18, '9,000 PB'],
  ])('bytes %d', (value, text) => expect(format.bytes(value)).toBe(text))

  it.each([
    [0, '0 B'],
    [1023, '1,023 B'],
    [1024, '1 KiB'],
    [512 * 1024 ** 2, '512 MiB'],
    [23.5 * 1024 ** 3, '23.5 GiB'],
  ])('memory %d', (value, text) => expect(format.memory(value)).toBe(text))

  it.each([
    [0, '0s'],
    [-5000, '0s'],
    [59_999, '59s'],
    [minute, '1m'],
    [59 * minute, '59m'],
    [hour, '1h'],
    [23 * hour, '23h'],
    [day, '1d'],
    [400 * day, '400d'],
    [729 * day, '729d'],
    [730 * day, '2y'],
  ])('age of %d ms', (ms, text) => expect(format.age(ago(ms), at)).toBe(text))

  it.each([
    [0.82, '0.8 ms'],
    [12.4, '12 ms'],
    [1234, '1.2 sec'],
  ])('latency %d', (ms, text) => expect(format.latency(ms)).toBe(text))

  it('speaks the language asked for', () => {
    expect(formatFor('it').count(12_345)).toBe('12.345')
    expect(formatFor('it')).toBe(formatFor('it'))
  })
})
