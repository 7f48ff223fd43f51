import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/** Seconds of a code (RFC 6238, 5.2); a code of the step before or after is taken too, for clocks that differ. */
const stepSeconds = 30
const drift = 1
/** RFC 4648 base32, as authenticators want secrets typed. */
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** 160 bits, the length of the HMAC's output (RFC 4226, 4: R6). */
export const newTotpSecret = (): string => base32(randomBytes(20))

/** The six digits of a step (RFC 4226, 5.3): HMAC-SHA-1, which every authenticator knows. */
export function totpCode(secret: string, step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const mac = createHmac('sha1', fromBase32(secret)).update(counter).digest()
  const offset = (mac[19] as number) & 15
  return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

/** The number of the step that `ms` lies in. */
export const totpStep = (ms: number): number => Math.floor(ms / 1000 / stepSeconds)

/** The step whose code this is, of those near `ms`; null for none. Looks at all of them, whichever fits. */
export function matchingStep(secret: string, code: string, ms: number): number | null {
  if (!/^\d{6}$/.test(code)) return null
  let found: number | null = null
  for (let step = totpStep(ms) - drift; step <= totpStep(ms) + drift; step++)
    if (timingSafeEqual(Buffer.from(totpCode(secret, step)), Buffer.from(code))) found = step
  return found
}

/** What an authenticator scans (the Key URI format of Google Authenticator). */
export function totpUri(secret: string, account: string): string {
  const label = `Roadstead:${encodeURIComponent(account)}`
  return `otpauth://totp/${label}?secret=${secret}&issuer=Roadstead&algorithm=SHA1&digits=6&period=${stepSeconds}`
}

export function base32(bytes: Uint8Array): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  return (bits.match(/.{1,5}/g) ?? [])
    .map((group) => alphabet[Number.parseInt(group.padEnd(5, '0'), 2)])
    .join('')
}

function fromBase32(text: string): Buffer {
  const bits = [...text].map((character) => alphabet.indexOf(character).toString(2).padStart(5, '0')).join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)))
}
