import { describe, expect, it } from 'vitest'
import { matchPress, pressOf } from './shortcuts.ts'

const entries = [{ keys: 'j' }, { keys: 'g c' }, { keys: 'g h' }, { keys: 'c' }, { keys: 'mod+k' }]

describe('matchPress', () => {
  it.each([
    [null, 'j', 'j'],
    [null, 'g', 'wait'],
    ['g', 'c', 'g c'],
    [null, 'c', 'c'],
    // An unfinished sequence does not swallow another key.
    ['g', 'j', 'j'],
    ['g', 'g', 'wait'],
    ['g', 'x', null],
    [null, 'x', null],
    [null, 'k', null],
    [null, 'mod+k', 'mod+k'],
  ])('after %j, %j means %j', (before, press, expected) => {
    const match = matchPress(entries, before, press)
    expect(match === 'wait' || match === null ? match : match.keys).toBe(expected)
  })

  it('prefers what came last: a dialog over its page', () => {
    const later = { keys: 'j' }
    expect(matchPress([...entries, later], null, 'j')).toBe(later)
  })
})

describe('pressOf', () => {
  const press = (key: string, held: object = {}) =>
    pressOf({ key, ctrlKey: false, metaKey: false, altKey: false, ...held })
  it.each([
    ['j', press('j')],
    ['?', press('?')],
    ['X', press('X')],
    ['mod+k', press('k', { ctrlKey: true })],
    ['mod+k', press('K', { metaKey: true })],
    ['alt+j', press('j', { altKey: true })],
  ])('%s', (expected, actual) => expect(actual).toBe(expected))
})
