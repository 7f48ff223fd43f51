/** Bytes of the last, unfinished block of a body. */
const padding = (size: number) => (512 - (size % 512)) % 512
type Bytes = Uint8Array<ArrayBuffer>
const utf8 = new TextEncoder()

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

/**
 * Header blocks of an entry: one, and before it a pax header where a plain one cannot say it.
 * @param bytesOf the bytes of its path
 */
export function tarHeader(
  entry: TarInput,
  bytesOf: (path: string) => Uint8Array = (path) => utf8.encode(path),
): Bytes {
  const extras: Record<string, Uint8Array> = {}
  const isPlain = /^[\x20-\x7e]*$/.test(entry.path) && entry.path.length <= 100
  if (!isPlain) extras.path = bytesOf(entry.path)
  if (entry.size > octalLimit) extras.size = utf8.encode(String(entry.size))
  for (const id of ['uid', 'gid'] as const)
    if (entry[id] > 0o7777777) extras[id] = utf8.encode(String(entry[id]))
  const block = plainHeader({
    ...entry,
    path: isPlain ? entry.path : 'pax',
    size: Math.min(entry.size, octalLimit),
    uid: Math.min(entry.uid, 0o7777777),
    gid: Math.min(entry.gid, 0o7777777),
    flag: entry.type === 'file' ? '0' : '5',
  })
  if (Object.keys(extras).length === 0) return block
  const body = joined(Object.entries(extras).map(([key, value]) => paxRecord(key, value)))
  const head = plainHeader({
    path: 'PaxHeader',
    size: body.length,
    mode: 0o644,
    uid: 0,
    gid: 0,
    mtime: 0,
    flag: 'x',
  })
  return joined([head, body, tarPadding(body.length), block])
}

/** What follows a body, and what ends the archive. */
export const tarPadding = (size: number): Bytes => new Uint8Array(padding(size))
export const tarEnd = (): Bytes => new Uint8Array(1024)

/** `length keyword=value\n`, where the length counts its own digits. */
function paxRecord(keyword: string, value: Uint8Array): Bytes {
  const rest = ` ${keyword}=\n`.length + value.length
  let length = rest + String(rest).length
  if (rest + String(length).length > length) length = rest + String(length).length
  return joined([utf8.encode(`${length} ${keyword}=`), value, utf8.encode('\n')])
}

function joined(parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

function plainHeader(entry: Omit<TarInput, 'type'> & { flag: string }): Bytes {
  const block = new Uint8Array(512)
  const write = (text: string, at: number) => block.set(utf8.encode(text), at)
  const octal = (value: number, at: number, length: number) =>
    write(`${value.toString(8).padStart(length - 1, '0')}\0`, at)
  write(entry.path, 0)
  octal(entry.mode, 100, 8)
  octal(entry.uid, 108, 8)
  octal(entry.gid, 116, 8)
  octal(entry.size, 124, 12)
  octal(Math.max(0, entry.mtime), 136, 12)
  write('        ', 148)
  write(entry.flag, 156)
  write('ustar\x0000', 257)
  const sum = block.reduce((total, byte) => total + byte, 0)
  write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return block
}
