import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { createVault } from './vault.ts'

const dataKey = { id: 'k000000000000', key: randomBytes(32) }
const vault = createVault(dataKey)

it('opens what it sealed, in its own place only', () => {
  const sealed = vault.seal('a private key', 'hosts.h1.secrets')
  expect(sealed).toMatch(/^v2\.k000000000000\.[\w-]{16}\.[\w-]{22}\.[\w-]+$/)
  expect(sealed).not.toContain('private')
  expect(vault.open(sealed, 'hosts.h1.secrets')).toBe('a private key')
  expect(() => vault.open(sealed, 'hosts.h2.secrets')).toThrow()
  expect(vault.seal('a private key', 'hosts.h1.secrets')).not.toBe(sealed)
})

it('refuses another key and any changed byte', () => {
  const sealed = vault.seal('secret', 'place')
  expect(() => createVault({ ...dataKey, key: randomBytes(32) }).open(sealed, 'place')).toThrow()
  expect(() => createVault({ ...dataKey, id: 'k1' }).open(sealed, 'place')).toThrow()
  for (let index = 0; index < sealed.length; index++) {
    const other = sealed[index] === 'A' ? 'B' : 'A'
    const changed = sealed.slice(0, index) + other + sealed.slice(index + 1)
    // The last character of a base64url part may carry bits that are not part of any byte.
    let opened: string | null = null
    try {
      opened = vault.open(changed, 'place')
    } catch {
      continue
    }
    expect(Buffer.from(changed.split('.').at(-1) ?? '', 'base64url')).toEqual(
      Buffer.from(sealed.split('.').at(-1) ?? '', 'base64url'),
    )
    expect(opened).toBe('secret')
  }
})

// A tag of 4 bytes is guessed in hours; Node takes any length that GCM knows.
it.each([
  ['a tag cut short', (parts: string[]) => [...parts.slice(0, 3), parts[3]?.slice(0, 6), parts[4]]],
  ['no tag', (parts: string[]) => [...parts.slice(0, 3), '', parts[4]]],
  ['a part too many', (parts: string[]) => [...parts, 'AAAA']],
  ['nothing', () => []],
])('refuses %s', (_, change) => {
  const parts = vault.seal('secret', 'place').split('.')
  expect(() => vault.open(change(parts).join('.'), 'place')).toThrow()
})

it('derives keys that differ by purpose', () => {
  expect(vault.derive('sessions')).toHaveLength(32)
  expect(vault.derive('sessions')).toEqual(createVault(dataKey).derive('sessions'))
  expect(vault.derive('sessions')).not.toEqual(vault.derive('other'))
})
