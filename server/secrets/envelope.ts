import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { AppError } from '../errors.ts'

/** A key for one purpose only, from 32 bytes: one leaked use does not leak the rest. */
export function deriveKey(key: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', key, '', `roadstead ${purpose}`, 32))
}

/** What each value is bound to: sealed for one place, it opens in no other. */
export const placeOf = (table: string, row: string, column: string) => `${table}.${row}.${column}`

/** AES-256-GCM: `<head>.<nonce>.<tag>.<ciphertext>`, base64url. `head` says which key it is. */
export function seal(key: Buffer, head: string, plaintext: string, place: string): string {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(place))
  const body = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()])
  return [head, ...[nonce, cipher.getAuthTag(), body].map((part) => part.toString('base64url'))].join('.')
}

/** Throws `internal` when the head, the key, the envelope or its place is another. */
export function open(key: Buffer, head: string, sealed: string, place: string): string {
  const [nonce, tag, body, ...more] = sealed.startsWith(`${head}.`)
    ? sealed
        .slice(head.length + 1)
        .split('.')
        .map((part) => Buffer.from(part, 'base64url'))
    : []
  // A shorter tag would be a weaker one, which Node takes as it comes.
  if (nonce?.length !== 12 || tag?.length !== 16 || !body || more.length > 0)
    throw new AppError('internal', { detail: 'Not a sealed secret of this key' })
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(place)).setAuthTag(tag)
    return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8')
  } catch (cause) {
    throw new AppError('internal', { detail: 'A stored secret does not open with this key', cause })
  }
}
