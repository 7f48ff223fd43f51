import { AppError } from '../errors.ts'

/**
 * Reads one value of a body that somebody without gateway.raw sends: returns what goes to the engine, which is all that
 * does, or undefined for nothing. Throws policy_field.
 */
export type Read = (value: unknown, path: string) => unknown

/** @param why for a person, beside the field's name. */
export function refuse(path: string, what: 'refused' | 'value' | 'unknown' | 'twice', why?: string): never {
  throw new AppError('policy_field', {
    params: { field: path.slice(0, 200), what },
    ...(why === undefined ? {} : { detail: why }),
  })
}

/** Says nothing, in any of the ways of the clients' languages: they send every field that they know. */
export function isNeutral(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isNeutral)
  if (typeof value === 'object' && value !== null) return Object.values(value).every(isNeutral)
  return value === null || value === false || value === 0 || value === ''
}

const step = (path: string, name: string | number) => (path === '' ? String(name) : `${path}.${name}`)

function entries(value: unknown, path: string): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || isRawNumber(value))
    return refuse(path, 'value', 'Not an object')
  return Object.entries(value)
}

/**
 * An object of fields by their exact names, as engines take them in any case and with foreign letters for them.
 * @param refused fields that are known and may be there as long as they say nothing; they are left out
 */
export function object(allowed: Record<string, Read>, refused: readonly string[] = []): Read {
  const readers = new Map(Object.entries(allowed))
  const known = new Set(refused)
  return (value, path) => {
    if (value === null) return undefined
    const kept: [string, unknown][] = []
    for (const [name, item] of entries(value, path)) {
      const at = step(path, name)
      const read = readers.get(name)
      if (!read && !known.has(name)) refuse(at, 'unknown')
      if (!read && !isNeutral(item)) refuse(at, 'refused')
      const shown = read && item !== null ? read(item, at) : undefined
      if (shown !== undefined) kept.push([name, shown])
    }
    return Object.fromEntries(kept)
  }
}

/** An object of names of one's own. */
export function map(isName: (name: string) => boolean, read: Read): Read {
  return (value, path) =>
    Object.fromEntries(
      entries(value, path).map(([name, item]) => {
        if (!isName(name)) refuse(step(path, name), 'value', 'A name that is not allowed here')
        return [name, read(item, step(path, name))]
      }),
    )
}

/** As many as a person would give. */
const longestList = 2000

export function list(read: Read): Read {
  return (value, path) => {
    if (!Array.isArray(value) || value.length > longestList) return refuse(path, 'value', 'Not a list')
    return value.map((item, index) => read(item, step(path, index)))
  }
}

export function text(fits: RegExp | ((value: string) => boolean) = () => true, why?: string): Read {
  return (value, path) => {
    if (typeof value !== 'string' || value.includes('\0')) return refuse(path, 'value', why ?? 'Not a text')
    const ok = fits instanceof RegExp ? fits.test(value) : fits(value)
    return ok ? value : refuse(path, 'value', why)
  }
}

export function oneOf(...values: string[]): Read {
  return text((value) => values.includes(value), `One of: ${values.filter(Boolean).join(', ')}`)
}

export const flag: Read = (value, path) =>
  typeof value === 'boolean' ? value : refuse(path, 'value', 'true or false')

export function whole(least: number, most: number = Number.MAX_SAFE_INTEGER): Read {
  return (value, path) =>
    Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most
      ? value
      : refuse(
          path,
          'value',
          `A whole number from ${least}${most === Number.MAX_SAFE_INTEGER ? '' : ` to ${most}`}`,
        )
}

/** As `whole`, or the largest of 64 bits, which clients send for "no limit". */
export const limit: Read = (value, path) =>
  isRawNumber(value) && /^(?:9223372036854775807|18446744073709551615)$/.test(value.rawJSON)
    ? value
    : whole(-1)(value, path)

/** Left out, whatever it says: it is about the client. */
export const ignored: Read = () => undefined

/** A list of words, or one. */
export const words: Read = (value, path) => list(text())(typeof value === 'string' ? [value] : value, path)

function isRawNumber(value: unknown): value is { rawJSON: string } {
  return (JSON as unknown as { isRawJSON(value: unknown): boolean }).isRawJSON(value)
}
