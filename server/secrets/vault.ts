import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { AppError } from '../errors.ts'

export interface Vault {
  /**
   * Encrypts with AES-256-GCM. `aad` says whose secret it is (table, row, column): an envelope copied to another row
   * does not open there.
   */
  seal(plaintext: string, aad: string): string
  /** Throws `internal` when the key, the envelope or its place is wrong. */
  open(sealed: string, aad: string): string
  /** A key of its own for another purpose, so that one leaked use does not leak the rest. */
  derive(purpose: string): Buffer
}

/** Version of the envelope: `v1.<nonce>.<tag>.<ciphertext>`, base64url. */
const version = 'v1'

/** @param key 32 bytes, kept outside the database. */
export function createVault(key: Buffer): Vault {
  const sealing = Buffer.from(hkdfSync('sha256', key, '', 'roadstead seal', 32))
  return {
    seal(plaintext, aad) {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', sealing, nonce).setAAD(Buffer.from(aad))
      const body = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()])
      return [version, ...[nonce, cipher.getAuthTag(), body].map((part) => part.toString('base64url'))].join(
        '.',
      )
    },
    open(sealed, aad) {
      const [given, ...parts] = sealed.split('.')
      const [nonce, tag, body] = parts.map((part) => Buffer.from(part, 'base64url'))
      if (given !== version || !nonce || !tag || !body)
        throw new AppError('internal', { detail: 'Not a sealed secret' })
      try {
        const decipher = createDecipheriv('aes-256-gcm', sealing, nonce)
          .setAAD(Buffer.from(aad))
          .setAuthTag(tag)
        return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8')
      } catch (cause) {
        throw new AppError('internal', { detail: 'A stored secret does not open with this key', cause })
      }
    },
    derive: (purpose) => Buffer.from(hkdfSync('sha256', key, '', `roadstead ${purpose}`, 32)),
  }
}
