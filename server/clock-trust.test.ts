import { expect, it } from 'vitest'
import { createClockTrust } from './clock-trust.ts'

const hour = 3600 * 1000
const day = 24 * hour
function clock(newest: number | null, start = 1000 * day) {
  let wall = start
  let steady = 0
  const trust = createClockTrust(newest, { wall: () => wall, steady: () => steady })
  return {
    agrees: () => trust.agrees(),
    pass(ms: number) {
      wall += ms
      steady += ms
    },
    set(ms: number) {
      wall = ms
    },
  }
}

it.each<[string, number | null, boolean]>([
  ['knows of no instant', null, true],
  ['was at work an hour ago', 1000 * day - hour, true],
  ['was at work a year ago', 635 * day, false],
  ['was at work in the future', 1365 * day, false],
])('a database that %s', (_name, newest, agrees) => {
  const one = clock(newest)
  expect(one.agrees()).toBe(agrees)
  one.pass(day)
  expect(one.agrees()).toBe(true)
})

it('a clock that jumps is believed a day later, one that drifts all the time', () => {
  const one = clock(1000 * day)
  one.pass(3 * day)
  expect(one.agrees()).toBe(true)
  one.set(2000 * day)
  expect(one.agrees()).toBe(false)
  one.pass(23 * hour)
  expect(one.agrees()).toBe(false)
  one.pass(hour)
  expect(one.agrees()).toBe(true)
  one.set(1000 * day)
  expect(one.agrees()).toBe(false)
})
