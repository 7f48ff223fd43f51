import { expect, it } from 'vitest'
import type { Principal } from '../principal/principal.ts'
import { createConcurrency } from './concurrency.ts'

const person = (userId: string, token = false) =>
  ({
    userId,
    sessionId: `of ${userId}`,
    ...(token ? { token: { permissions: [] } } : {}),
  }) as unknown as Principal

/** How many there are at a time, and what lets them go. */
function fill(take: () => () => void): { count: number; over(): void } {
  const held: (() => void)[] = []
  try {
    for (;;) held.push(take())
  } catch (error) {
    expect(error).toMatchObject({ code: 'too_many_streams', status: 429 })
  }
  return {
    count: held.length,
    over() {
      // What is over twice counts once.
      for (const each of [...held, ...held]) each()
    },
  }
}

it('streams of the dashboard are counted by person and host, and by host', () => {
  const { stream } = createConcurrency()
  const first = fill(() => stream(person('a'), 'h'))
  expect(first.count).toBe(100)
  expect(fill(() => stream(person('a'), 'other')).count).toBe(100)
  const others = ['b', 'c', 'd', 'e'].map((name) => fill(() => stream(person(name), 'h')).count)
  expect(others).toEqual([100, 100, 100, 0])
  first.over()
  expect(fill(() => stream(person('e'), 'h')).count).toBe(100)
})

it('requests are counted by person, and fewer by token', () => {
  const { request } = createConcurrency()
  const byToken = fill(() => request(person('a', true)))
  expect(byToken.count).toBe(200)
  expect(fill(() => request(person('a'))).count).toBe(100)
  byToken.over()
  expect(fill(() => request(person('a'))).count).toBe(200)
})
