import { describe, expect, it } from 'vitest'
import { toRequest } from './log-options.ts'
import { beginningOf, readPlace, writePlace } from './log-place.ts'
import { readMoment } from './read-moment.ts'

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
  expect(toRequest({ tail: 500, since: '', until: '', streams: 'both', at: '' }, now)).toEqual({
    tail: 500,
    stdout: true,
    stderr: true,
    follow: true,
  })
  expect(toRequest({ tail: -5, since: '1h', until: '30m', streams: 'stderr', at: '' }, now)).toEqual({
    tail: 0,
    stdout: false,
    stderr: true,
    follow: false,
    since: nanos('2026-11-21T11:00:00Z'),
    until: nanos('2026-11-21T11:30:00Z'),
  })
})

describe('a place in the URL', () => {
  const line = { source: 'h1/0123456789ab', time: 1_764_486_000_123_456_789n, nth: 3 }

  it.each([
    [writePlace(line), line],
    ['2026-11-21T11:00:00Z', { source: null, time: BigInt(nanos('2026-11-21T11:00:00Z')), nth: 0 }],
    ['1h', { source: null, time: BigInt(nanos('2026-11-21T11:00:00Z')), nth: 0 }],
    ['h1/0123456789ab/x/0', null],
    ['h1/../0123456789ab/1/0', null],
    ['', null],
  ])('%j', (text, expected) => {
    expect(readPlace(text, now)).toEqual(expected)
  })

  it('is asked for with lines before it, from a whole second on, and to the end', () => {
    expect(beginningOf(line)).toBe(1_764_485_990_000_000_000n)
    expect(beginningOf({ ...line, time: 5n })).toBe(0n)
    const view = { tail: 500, since: '1h', until: '', streams: 'both', at: writePlace(line) } as const
    expect(toRequest(view, now)).toMatchObject({ since: '1764485990000000000', follow: true })
  })
})
