import { describe, expect, it } from 'vitest'
import { sparklinePoints } from '#lib/fleet/stats.ts'
import { sparklinePath } from './sparkline.tsx'

describe('a sparkline', () => {
  it('ends at the right, whatever it has, and reaches the top with its highest value', () => {
    expect(sparklinePath([0, 50, 100], 10)).toBe('M36.4 14.5L37.7 8.0L39.0 1.5')
    const full = sparklinePath(
      Array.from({ length: sparklinePoints }, () => 1),
      1,
    )
    expect(full.startsWith('M1.0 1.5')).toBe(true)
  })

  it('keeps small values small', () => {
    expect(sparklinePath([1, 1], 100)).toBe('M37.7 14.4L39.0 14.4')
  })

  it('of nothing but zeros lies at the bottom', () => {
    expect(sparklinePath([0, 0], 0)).toBe('M37.7 14.5L39.0 14.5')
  })

  it('breaks at gaps, and shows what is alone between two as a dot', () => {
    expect(sparklinePath([1, 1, null, 1, null], 1)).toBe('M33.8 1.5L35.1 1.5M37.7 1.5L37.7 1.5')
    expect(sparklinePath([null, null], 1)).toBe('')
    expect(sparklinePath([], 1)).toBe('')
  })
})
