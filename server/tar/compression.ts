import { createGunzip, createZstdDecompress } from 'node:zlib'
import type { ArchiveCompression } from '#lib/contracts/archives.ts'
import { AppError } from '../errors.ts'
import { type ThreadedCompression, ThreadFault, unpackedInThread } from './threaded.ts'

/** Unpacked to more than this many times its size, data is made to fill memory or disk. Gzip itself ends at 1032. */
const mostExpansion = 1000
/** Below it any ratio is harmless, and small files of zeros are common. */
const harmlessSize = 64 * 1024 * 1024
/** Bytes that zlib unpacks on its thread while the ones before them are hashed on ours. */
const ahead = 512 * 1024

export interface Sniffed {
  compression: ArchiveCompression
  /** By its name, one that nobody here unpacks. */
  foreign: string | null
  /** All bytes, the first ones included. */
  chunks: AsyncGenerator<Buffer>
}

/** What files begin with, in hexadecimal (the formats' own specifications; `file`'s magic numbers). */
const magic: readonly [ArchiveCompression, RegExp][] = [
  ['gzip', /^1f8b/],
  ['zstd', /^28b52ffd/],
  ['xz', /^fd377a585a00/],
  ['bzip2', /^425a683[1-9](314159265359|177245385090)/],
]
/** Those that neither we nor any engine unpacks. */
const foreignMagic: readonly [string, RegExp][] = [
  ['lz4', /^04224d18/],
  ['lzip', /^4c5a49500[01]/],
  ['lzma', /^5d0000.{4}(f{10}|.{6}0000)/],
  ['compress', /^1f9d/],
  ['zip', /^504b0304/],
  ['7-Zip', /^377abcaf271c/],
  ['RAR', /^526172211a07/],
]
const magicBytes = 10

/** Tells the compression by the first bytes. */
export async function sniff(source: AsyncIterator<Uint8Array>): Promise<Sniffed> {
  let head: Buffer = Buffer.alloc(0)
  while (head.length < magicBytes) {
    const next = await source.next()
    if (next.done) break
    head = head.length === 0 ? asBuffer(next.value) : Buffer.concat([head, next.value])
  }
  const start = head.toString('hex', 0, magicBytes)
  const is = ([, pattern]: readonly [string, RegExp]) => pattern.test(start)
  return {
    compression: magic.find(is)?.[0] ?? 'none',
    foreign: foreignMagic.find(is)?.[0] ?? null,
    chunks: continued(head, source),
  }
}

async function* continued(head: Buffer, source: AsyncIterator<Uint8Array>): AsyncGenerator<Buffer> {
  if (head.length > 0) yield head
  for (let next = await source.next(); !next.done; next = await source.next()) yield asBuffer(next.value)
}

const asBuffer = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** The tar inside of its compression, if it has one. Leaving it closes the source. */
export async function* plainTar(
  source: AsyncIterable<Uint8Array>,
  onCompression?: (compression: ArchiveCompression) => void,
): AsyncGenerator<Buffer> {
  const iterator = source[Symbol.asyncIterator]()
  try {
    const { compression, foreign, chunks } = await sniff(iterator)
    if (foreign) throw new AppError('archive_compression_unknown', { params: { compression: foreign } })
    onCompression?.(compression)
    yield* compression === 'none' ? chunks : decompressed(chunks, compression)
  } finally {
    await iterator.return?.()
  }
}

/**
 * Unpacks, and asks the source for more only when all that it gave is unpacked and taken. `taken` is told of each chunk
 * while another thread unpacks it. `entry` is what the errors name; without it the data is the archive itself. Throws
 * archive_compression_damaged, archive_truncated, archive_expansion, and archive_trailing_bytes: zlib passes over what
 * follows, and another reader might not; archive_compression_unknown for an xz with parts that are not read here.
 */
export async function* decompressed(
  source: AsyncIterable<Buffer>,
  compression: Exclude<ArchiveCompression, 'none'>,
  entry = '',
  taken?: (chunk: Buffer) => void,
): AsyncGenerator<Buffer> {
  let fed = 0
  let given = 0
  const feed = (chunk: Buffer) => {
    fed += chunk.length
    taken?.(chunk)
  }
  const parts =
    compression === 'xz' || compression === 'bzip2'
      ? fromThread(source, compression, entry, feed)
      : fromZlib(source, compression, entry, feed)
  for await (const part of parts) {
    given += part.length
    if (given > harmlessSize && given > fed * mostExpansion) throw expansion(entry)
    yield part
  }
}

const expansion = (entry: string, cause?: unknown) =>
  new AppError('archive_expansion', { params: { entry, limit: mostExpansion }, detail: entry, cause })
const whereOf = (entry: string) => (entry === '' ? {} : { params: { entry } })

async function* fromThread(
  source: AsyncIterable<Buffer>,
  compression: ThreadedCompression,
  entry: string,
  taken: (chunk: Buffer) => void,
): AsyncGenerator<Buffer> {
  try {
    yield* unpackedInThread(source, compression, taken)
  } catch (error) {
    if (!(error instanceof ThreadFault)) throw error
    const { fault, message } = error
    if (fault === 'memory') throw expansion(entry, error)
    if (fault === 'trailing')
      throw new AppError('archive_trailing_bytes', { ...whereOf(entry), detail: entry })
    const detail = [entry, message].filter(Boolean).join(': ')
    if (fault === 'unknown')
      throw new AppError('archive_compression_unknown', { params: { compression }, detail, cause: error })
    throw unreadable(fault === 'cut', entry, error)
  }
}

function unreadable(isCut: boolean, entry: string, cause: Error): AppError {
  return new AppError(isCut && entry === '' ? 'archive_truncated' : 'archive_compression_damaged', {
    ...whereOf(entry),
    detail: [entry, cause.message].filter(Boolean).join(': '),
    cause,
  })
}

async function* fromZlib(
  source: AsyncIterable<Buffer>,
  compression: 'gzip' | 'zstd',
  entry: string,
  taken: (chunk: Buffer) => void,
): AsyncGenerator<Buffer> {
  let fed = 0
  const options = { chunkSize: 128 * 1024, readableHighWaterMark: ahead }
  const stream = compression === 'gzip' ? createGunzip(options) : createZstdDecompress(options)
  let failure: (Error & { code?: string }) | null = null
  let isEnded = false
  let wake = () => {}
  stream.on('readable', () => wake())
  stream.on('end', () => {
    isEnded = true
    wake()
  })
  stream.on('error', (error) => {
    failure = error
    wake()
  })
  async function* drain(isDone: () => boolean): AsyncGenerator<Buffer> {
    for (;;) {
      const part: Buffer | null = stream.read()
      if (part) yield part
      else if (failure) throw unreadable(failure.code === 'Z_BUF_ERROR', entry, failure)
      else if (isEnded || isDone()) return
      else
        await new Promise<void>((resolve) => {
          wake = resolve
        })
    }
  }
  try {
    for await (const chunk of source) {
      fed += chunk.length
      let isWritten = false
      if (!isEnded)
        stream.write(chunk, () => {
          isWritten = true
          wake()
        })
      taken(chunk)
      yield* drain(() => isWritten)
      if (isEnded) break
    }
    stream.end()
    yield* drain(() => false)
    if (stream.bytesWritten < fed)
      throw new AppError('archive_trailing_bytes', { ...whereOf(entry), detail: entry })
  } finally {
    stream.destroy()
  }
}
