import { decodeName } from '#lib/byte-name.ts'
import { AppError } from '../errors.ts'

export interface TarHeader {
  path: string
  mode: number
  uid: number
  gid: number
  size: number
  mtime: number
  typeFlag: string
  linkPath: string
}

/** What an extended header says in place of the header after it. */
export interface Extras {
  path?: string
  linkPath?: string
  size?: number
  uid?: number
  gid?: number
  mtime?: number
}

const invalid = (detail: string) => new AppError('archive_invalid', { detail })

/** One block of 512 bytes. Throws archive_invalid for a wrong checksum or number. */
export function parseHeader(block: Buffer): TarHeader {
  const stored = octal(block, 148, 8)
  let sum = 0
  // The checksum's own field counts as spaces. Old tars summed signed bytes.
  let signed = 0
  for (let index = 0; index < 512; index++) {
    const byte = index >= 148 && index < 156 ? 0x20 : (block[index] as number)
    sum += byte
    signed += byte > 127 ? byte - 256 : byte
  }
  if (stored !== sum && stored !== signed) throw invalid('The checksum of a header is wrong: this is no tar.')
  const isUstar = block.toString('latin1', 257, 262) === 'ustar'
  // GNU's variant uses the place of the prefix for times.
  const prefix = isUstar && block[262] === 0 ? text(block, 345, 155) : ''
  const name = text(block, 0, 100)
  return {
    path: prefix === '' ? name : `${prefix}/${name}`,
    mode: number(block, 100, 8),
    uid: number(block, 108, 8),
    gid: number(block, 116, 8),
    size: size(number(block, 124, 12)),
    mtime: number(block, 136, 12),
    typeFlag: block[156] === 0 ? '' : String.fromCharCode(block[156] as number),
    linkPath: text(block, 157, 100),
  }
}

/**
 * Records of a pax header: `length keyword=value\n`. Throws archive_invalid where a length lies, and where a global one
 * names a path, a link or a size: for every file that follows it can only be wrong, and readers differ in what they do
 * with it, so that what is looked at would not be what an engine unpacks.
 */
export function parsePax(body: Buffer, isGlobal = false): Extras {
  const extras: Extras = {}
  for (let at = 0; at < body.length; ) {
    const space = body.indexOf(0x20, at)
    const length = space < 0 || space - at > 10 ? Number.NaN : Number(body.toString('latin1', at, space))
    const end = at + length
    if (!Number.isInteger(length) || length < space - at + 3 || end > body.length || body[end - 1] !== 0x0a)
      throw invalid('A record of an extended header is broken.')
    const record = body.subarray(space + 1, end - 1)
    const equals = record.indexOf('=')
    if (equals < 1) throw invalid('A record of an extended header has no name.')
    put(extras, record.toString('utf8', 0, equals), decodeName(record.subarray(equals + 1)))
    at = end
  }
  if (isGlobal && (extras.path ?? extras.linkPath ?? extras.size) !== undefined)
    throw invalid('A global header that names a path, a link or a size.')
  return extras
}

function put(extras: Extras, keyword: string, value: string): void {
  if (keyword === 'path' || keyword === 'linkpath') {
    if (value.includes('\0')) throw invalid('A name with a zero byte in it.')
    extras[keyword === 'path' ? 'path' : 'linkPath'] = value
  } else if (keyword === 'size' || keyword === 'uid' || keyword === 'gid') {
    if (!/^\d{1,19}$/.test(value)) throw invalid(`The ${keyword} of an extended header is no number.`)
    extras[keyword] = size(Number(value))
  } else if (keyword === 'mtime' && /^-?\d{1,12}(\.\d*)?$/.test(value)) {
    extras.mtime = Math.floor(Number(value))
  } else if (keyword.startsWith('GNU.sparse.')) {
    // Its body is a map and not the content: taken for content, a digest of it would be of something else.
    throw invalid('A sparse file: write the archive without --sparse.')
  }
}

function size(value: number): number {
  if (!Number.isSafeInteger(value) || value < 0) throw invalid(`A size of ${value} bytes.`)
  return value
}

/** Octal text, or base 256 where the first bit is set (GNU, for what octal cannot hold). */
function number(block: Buffer, at: number, length: number): number {
  const first = block[at] as number
  if ((first & 0x80) === 0) return octal(block, at, length)
  let value = first & 0x40 ? first - 0x100 : first & 0x3f
  for (let index = at + 1; index < at + length; index++) value = value * 256 + (block[index] as number)
  return value
}

function octal(block: Buffer, at: number, length: number): number {
  const digits = block
    .toString('latin1', at, at + length)
    .replace(/\0[\s\S]*$/, '')
    .trim()
  if (digits === '') return 0
  if (!/^[0-7]+$/.test(digits)) throw invalid('A number in a header is none.')
  return Number.parseInt(digits, 8)
}

function text(block: Buffer, at: number, length: number): string {
  const end = block.indexOf(0, at)
  return decodeName(block.subarray(at, end < 0 || end > at + length ? at + length : end))
}
