import { Secret, TOTP } from 'otpauth'

/** Seconds of a code (RFC 6238, 5.2); a code of the step before or after is taken too, for clocks that differ. */
const period = 30
const drift = 1

/** 160 bits, the length of the HMAC's output (RFC 4226, 4: R6), in base32 as authenticators want secrets typed. */
export const newTotpSecret = (): string => new Secret({ size: 20 }).base32

/** HMAC-SHA-1 and six digits, which every authenticator knows. */
const of = (secret: string, label = '') =>
  new TOTP({ issuer: 'Roadstead', label, secret: Secret.fromBase32(secret), period })

/** The six digits of a step. */
export const totpCode = (secret: string, step: number): string =>
  of(secret).generate({ timestamp: step * period * 1000 })

/** The number of the step that `ms` lies in. */
export const totpStep = (ms: number): number => TOTP.counter({ period, timestamp: ms })

/** The step whose code this is, of those near `ms`; null for none. */
export function matchingStep(secret: string, code: string, ms: number): number | null {
  if (!/^\d{6}$/.test(code)) return null
  const away = of(secret).validate({ token: code, timestamp: ms, window: drift })
  return away === null ? null : totpStep(ms) + away
}

/** Steps to both sides within which a code still tells of a clock that is off: an hour. */
const recognisable = 120

/**
 * Minutes by which the clock is off that a code was made with; null when it is no code of the hours around `ms`. Negative:
 * it is behind.
 * @param after the step of the last code that was used: earlier ones are of no clock
 */
export function minutesOff(secret: string, code: string, ms: number, after: number): number | null {
  if (!/^\d{6}$/.test(code)) return null
  const now = totpStep(ms)
  for (let off = drift + 1; off <= recognisable; off++)
    for (const step of [now - off, now + off])
      if (step > after && totpCode(secret, step) === code) return ((step - now) * period) / 60
  return null
}

/** What an authenticator scans (the Key URI format of Google Authenticator). */
export const totpUri = (secret: string, account: string): string => of(secret, account).toString()

/** RFC 4648, for what people type. A copy: a Buffer's memory is part of a larger one. */
export const base32 = (bytes: Uint8Array): string =>
  new Secret({ buffer: Uint8Array.from(bytes).buffer }).base32
