import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { createVault } from './vault.ts'

const vault = createVault(randomBytes(32))

it('opens what it sealed, in its own place only', () => {
  const sealed = vault.seal('a private key', 'hosts.h1.secrets')
  expect(sealed).not.toContain('private')
  expect(vault.open(sealed, 'hosts.h1.secrets')).toBe('a private key')
  expect(() => vault.open(sealed, 'hosts.h2.secrets')).toThrow()
  expect(vault.seal('a private key', 'hosts.h1.secrets')).not.toBe(sealed)
})

it('refuses another key and any changed byte', () => {
  const sealed = vault.seal('secret', 'place')
  expect(() => createVault(randomBytes(32)).open(sealed, 'place')).toThrow()
  for (let index = 3; index < sealed.length; index++) {
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
