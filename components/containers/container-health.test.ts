import { describe, expect, it } from 'vitest'
import { healthRefetchMs } from './container-health.tsx'

const checked = (intervalMs?: number) => ({
  Config: { Healthcheck: { Interval: intervalMs === undefined ? 0 : intervalMs * 1e6 } },
  State: { Health: { Log: [] } },
})

describe('how often an open page asks for the checks', () => {
  it.each([
    ['without a check', { State: {} }, false],
    ['before the document is there', undefined, false],
    ['as often as it is checked', checked(5000), 5000],
    ['not faster than engines like', checked(100), 2000],
    ['often enough not to look still', checked(3_600_000), 15_000],
    ['with the usual interval of engines', checked(), 15_000],
  ])('%s', (_, document, expected) => {
    expect(healthRefetchMs(document)).toBe(expected)
  })
})
