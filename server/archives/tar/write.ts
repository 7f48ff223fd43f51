import { padding } from './read.ts'

export interface TarInput {
  path: string
  type: 'file' | 'directory'
  /** Bytes; the body has to be exactly as long. */
  size: number
  /** Permission bits. */
  mode: number
  uid: number
  gid: number
  /** Seconds since the epoch. */
  mtime: number
}

/** The largest number in 11 octal digits. */
const octalLimit = 8 ** 11 - 1

/** Header blocks of an entry: one, and before it a pax header where a plain one cannot say it. */
export function tarHeader(entry: TarInput): Buffer {
  const extras: Record<string, string> = {}
  const isPlain = /^[\x20-\x7e]*$/.test(entry.path) && entry.path.length <= 100
  if (!isPlain) extras.path = entry.path
  if (entry.size > octalLimit) extras.size = String(entry.size)
  for (const id of ['uid', 'gid'] as const) if (entry[id] > 0o7777777) extras[id] = String(entry[id])
  const block = plainHeader({
    ...entry,
    path: isPlain ? entry.path : 'pax',
    size: Math.min(entry.size, octalLimit),
    uid: Math.min(entry.uid, 0o7777777),
    gid: Math.min(entry.gid, 0o7777777),
    flag: entry.type === 'file' ? '0' : '5',
  })
  if (Object.keys(extras).length === 0) return block
  const body = Buffer.concat(Object.entries(extras).map(([key, value]) => paxRecord(key, value)))
  const head = plainHeader({
    ...{ path: 'PaxHeader', size: body.length, mode: 0o644, uid: 0, gid: 0, mtime: 0, flag: 'x' },
  })
  return Buffer.concat([head, body, Buffer.alloc(padding(body.length)), block])
}

/** What follows a body, and what ends the archive. */
export const tarPadding = (size: number) => Buffer.alloc(padding(size))
export const tarEnd = () => Buffer.alloc(1024)

/**
 * A tar of one file whose bytes come from elsewhere. Throws RangeError when they are not as many as was said: the
 * receiver then sees a cut archive, and not a file with something else in it.
 */
export async function* tarOfFile(entry: TarInput, body: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  yield tarHeader(entry)
  let length = 0
  for await (const chunk of body) {
    length += chunk.length
    if (length > entry.size) break
    yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
  }
  if (length !== entry.size) throw new RangeError(`${length} bytes came for a file of ${entry.size}`)
  yield Buffer.concat([tarPadding(entry.size), tarEnd()])
}

/** `length keyword=value\n`, where the length counts its own digits. */
function paxRecord(keyword: string, value: string): Buffer {
  const rest = Buffer.byteLength(` ${keyword}=${value}\n`)
  let length = rest + String(rest).length
  if (rest + String(length).length > length) length = rest + String(length).length
  return Buffer.from(`${length} ${keyword}=${value}\n`)
}

function plainHeader(entry: Omit<TarInput, 'type'> & { flag: string }): Buffer {
  const block = Buffer.alloc(512)
  const octal = (value: number, at: number, length: number) =>
    block.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'latin1')
  block.write(entry.path, 0, 100, 'utf8')
  octal(entry.mode, 100, 8)
  octal(entry.uid, 108, 8)
  octal(entry.gid, 116, 8)
  octal(entry.size, 124, 12)
  octal(Math.max(0, entry.mtime), 136, 12)
  block.write('        ', 148, 'latin1')
  block.write(entry.flag, 156, 'latin1')
  block.write('ustar\x0000', 257, 'latin1')
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return block
}
