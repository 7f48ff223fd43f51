import { expect, it } from 'vitest'
import { matchesWords } from './words.ts'

it.each([
  ['', [], true],
  ['  ', ['x'], true],
  ['ada', ['Ada Lovelace', 'ada@example.com'], true],
  ['LOVE ada', ['Ada Lovelace'], true],
  ['ada bob', ['Ada Lovelace'], false],
  ['x', [null, undefined, ''], false],
  // Not over the border of two texts.
  ['ab', ['a', 'b'], false],
])('“%s” in %j: %j', (filter, texts, expected) => {
  expect(matchesWords(filter, texts)).toBe(expected)
})
