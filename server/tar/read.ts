import { decodeName } from '#lib/byte-name.ts'
import { AppError } from '../errors.ts'
import { ByteReader } from './byte-reader.ts'
import { type Extras, parseHeader, parsePax } from './header.ts'

export type TarEntryType =
  | 'file'
  | 'directory'
  | 'symlink'
  | 'hardlink'
  | 'character'
  | 'block'
  | 'fifo'
  | 'other'

export interface TarEntry {
  /** As written (lib/byte-name.ts), without a slash at the end. May begin with `/` or hold `..`: it is a name and never a path to open. */
  path: string
  type: TarEntryType
  /** Bytes of the body. */
  size: number
  /** Permission bits alone. */
  mode: number
  uid: number
  gid: number
  /** Seconds since the epoch. */
  mtime: number
  /** Where its first header begins in the tar, and where its body does. */
  start: number
  offset: number
  /** Of symlink and hardlink. */
  linkTarget: string
  /** The content, once, before the next entry is asked for; what is left of it is skipped. */
  body: AsyncIterable<Buffer>
}

/** Bytes of one extended header; real ones hold a path and a few attributes. */
const maximumExtras = 1024 * 1024

/**
 * Reads a tar as it comes: ustar, pax and GNU long names, sizes in base 256. Nothing is kept but the entry at hand.
 * Throws archive_truncated where it ends too early, archive_invalid for what is no tar.
 * (POSIX.1-2017 pax, "ustar Interchange Format"; GNU tar manual, "Basic Tar Format".)
 */
export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry> {
  const reader = new ByteReader(source)
  let global: Extras = {}
  let extras: Extras = {}
  try {
    for (let start = 0; ; ) {
      const block = await reader.read(512)
      // The end without the two empty blocks: some writers leave them out, and engines take it.
      if (block === null) return
      if (isEmpty(block)) {
        // What lies behind the end is padding of a tape: read, so that the sender is done, and not looked at.
        await reader.drain()
        return
      }
      const header = parseHeader(block)
      const meta = header.typeFlag
      if (meta === 'x' || meta === 'g' || meta === 'L' || meta === 'K') {
        if (header.size > maximumExtras)
          throw new AppError('archive_invalid', { detail: `An extended header of ${header.size} bytes` })
        const body = (await reader.readExactly(header.size)) ?? Buffer.alloc(0)
        await reader.skip(padding(header.size))
        if (meta === 'x') extras = { ...extras, ...parsePax(body) }
        else if (meta === 'g') global = { ...global, ...parsePax(body, true) }
        else extras = { ...extras, [meta === 'L' ? 'path' : 'linkPath']: cString(body) }
        continue
      }
      const all = { ...global, ...extras }
      extras = {}
      const type = typeOf(header.typeFlag, all.path ?? header.path)
      const fault = faultOf(header.typeFlag, type, all.size ?? header.size)
      if (fault) throw new AppError('archive_invalid', { detail: `${all.path ?? header.path}: ${fault}` })
      // Links and devices have no body, whatever size stands there (GNU tar writes one with hard links).
      const size = type === 'file' || type === 'other' ? (all.size ?? header.size) : 0
      const end = reader.position + size
      yield {
        path: (all.path ?? header.path).replace(/\/+$/, '') || '/',
        type,
        size,
        mode: header.mode & 0o7777,
        uid: all.uid ?? header.uid,
        gid: all.gid ?? header.gid,
        mtime: all.mtime ?? header.mtime,
        start,
        offset: reader.position,
        linkTarget: all.linkPath ?? header.linkPath,
        body: reader.stream(size),
      }
      await reader.skip(end - reader.position + padding(size))
      start = reader.position
    }
  } finally {
    await reader.close()
  }
}

/** Zeros up to the next block of 512 bytes. */
export function padding(size: number): number {
  return (512 - (size % 512)) % 512
}

function typeOf(flag: string, path: string): TarEntryType {
  // Before ustar a directory was a file whose name ends with a slash.
  if ((flag === '0' || flag === '') && path.endsWith('/')) return 'directory'
  const types: Record<string, TarEntryType> = {
    '': 'file',
    '0': 'file',
    '7': 'file',
    '1': 'hardlink',
    '2': 'symlink',
    '3': 'character',
    '4': 'block',
    '5': 'directory',
    '6': 'fifo',
  }
  return types[flag] ?? 'other'
}

/** What readers understand differently: to one of them the bytes after such a header are content, to another headers. */
function faultOf(flag: string, type: TarEntryType, size: number): string | null {
  // GNU before pax: the header goes on in more blocks, and the body has holes left out.
  if (flag === 'S') return 'a sparse file; write the archive without --sparse.'
  if (type === 'directory' && flag !== '5' && size > 0) return 'a folder with content.'
  return null
}

function isEmpty(block: Buffer): boolean {
  return block.every((byte) => byte === 0)
}

function cString(bytes: Buffer): string {
  const end = bytes.indexOf(0)
  return decodeName(bytes.subarray(0, end < 0 ? bytes.length : end))
}
