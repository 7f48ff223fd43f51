import { expect, it } from 'vitest'
import { passwordStrength } from './password-strength.ts'

const known = ['Ada Lovelace', 'ada@example.org']

it.each([
  ['', 'short'],
  ['elevenchars', 'short'],
  ['aaaaaaaaaaaaaaaa', 'weak'],
  ['abcabcabcabcabc', 'weak'],
  ['lovelace-example', 'weak'],
  ['Lovelace1234', 'weak'],
  ['tin-Roof-92x', 'fair'],
  ['correct horse battery staple', 'strong'],
])('%j is %s', (password, strength) => expect(passwordStrength(password, known)).toBe(strength))
