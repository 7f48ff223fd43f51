import { describe, expect, it } from 'vitest'
import { backoffDelay } from './backoff.ts'

const options = { baseMs: 500, capMs: 1500 }

describe('backoffDelay', () => {
  it.each([
    [1, 1000],
    [2, 1500],
    [40, 1500],
    [5000, 1500],
  ])('after %i failures stays below %i ms', (failures, ceiling) => {
    expect(backoffDelay(failures, options, () => 0)).toBe(0)
    expect(backoffDelay(failures, options, () => 1)).toBe(ceiling)
  })

  it('spreads over the whole range, so that no two hosts agree', () => {
    const delays = Array.from({ length: 2000 }, () => backoffDelay(9, options))
    const quarter = options.capMs / 4
    for (const part of [0, 1, 2, 3]) {
      const inside = delays.filter((delay) => delay >= part * quarter && delay <= (part + 1) * quarter)
      expect(inside.length).toBeGreaterThan(350)
    }
  })
})
