import { describe, expect, it } from 'vitest'
import { readMoment, toRequest } from './log-options.ts'

const now = Date.parse('2026-11-21T12:00:00Z')
const nanos = (text: string) => String(BigInt(Date.parse(text)) * 1_000_000n)

describe('a moment in the URL', () => {
  it.each([
    ['15m', nanos('2026-11-21T11:45:00Z')],
    ['30s', nanos('2026-11-21T11:59:30Z')],
    ['2h', nanos('2026-11-21T10:00:00Z')],
    ['7d', nanos('2026-11-14T12:00:00Z')],
    ['999999d', '0'],
    ['2026-11-21T11:00:00Z', nanos('2026-11-21T11:00:00Z')],
    ['', undefined],
    ['yesterday', undefined],
    ['15 m', undefined],
    ['-5m', undefined],
  ])('%j', (text, expected) => {
    expect(readMoment(text, now)).toBe(expected)
  })
})

it('asks for what the view shows', () => {
  expect(toRequest({ tail: 500, since: '', until: '', streams: 'both' }, now)).toEqual({
    ...{ tail: 500, stdout: true, stderr: true, follow: true },
  })
  expect(toRequest({ tail: -5, since: '1h', until: '30m', streams: 'stderr' }, now)).toEqual({
    ...{ tail: 0, stdout: false, stderr: true, follow: false },
    ...{ since: nanos('2026-11-21T11:00:00Z'), until: nanos('2026-11-21T11:30:00Z') },
  })
})
