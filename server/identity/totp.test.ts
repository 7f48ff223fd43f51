import { expect, it } from 'vitest'
import { base32, matchingStep, newTotpSecret, totpCode, totpStep, totpUri } from './totp.ts'

const secret = base32(Buffer.from('12345678901234567890'))

// RFC 6238, appendix B, the SHA-1 rows; its eight digits end in our six.
it.each([
  [59, '287082'],
  [1111111109, '081804'],
  [1111111111, '050471'],
  [1234567890, '005924'],
  [2000000000, '279037'],
  [20000000000, '353130'],
])('at %d s the code is %s', (seconds, code) => {
  expect(totpCode(secret, totpStep(seconds * 1000))).toBe(code)
})

// RFC 4648, 10, without its padding.
it.each([
  ['f', 'MY'],
  ['fo', 'MZXQ'],
  ['foobar', 'MZXW6YTBOI'],
])('base32 of %s is %s', (text, encoded) => {
  expect(base32(Buffer.from(text))).toBe(encoded)
})

it.each([
  [-2, false],
  [-1, true],
  [0, true],
  [1, true],
  [2, false],
])('a code of %d steps from now: taken %s', (away, taken) => {
  const own = newTotpSecret()
  const step = 50_000_000
  expect(matchingStep(own, totpCode(own, step + away), step * 30_000)).toBe(taken ? step + away : null)
})

it.each(['', '12345', '1234567', '28708２', ' 287082', 'abcdef'])('%j is no code', (code) => {
  expect(matchingStep(secret, code, 59_000)).toBeNull()
})

it('an address with odd characters stays in its place of the URI', () => {
  const uri = new URL(totpUri(secret, 'a&secret=b:c@example.com'))
  expect(uri.searchParams.getAll('secret')).toEqual([secret])
  expect(decodeURIComponent(uri.pathname)).toContain('a&secret=b:c@example.com')
})
