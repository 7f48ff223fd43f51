import { randomBytes } from 'node:crypto'

const base32 = '0123456789abcdefghjkmnpqrstvwxyz'

/** An id of our own: a letter for its kind and 12 lower-case base32 characters, 60 random bits. */
export function newId(kind: 'a' | 'g' | 'h' | 'k' | 'r' | 't'): string {
  return kind + [...randomBytes(12)].map((byte) => base32[byte % 32]).join('')
}
