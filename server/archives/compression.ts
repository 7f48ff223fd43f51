import { createGunzip, createZstdDecompress } from 'node:zlib'
import type { ArchiveCompression } from '#lib/contracts/archives.ts'
import { AppError } from '../errors.ts'

/** Unpacked to more than this many times its size, data is made to fill memory or disk. Gzip itself ends at 1032. */
const mostExpansion = 1000
/** Below it any ratio is harmless, and small files of zeros are common. */
const harmlessSize = 64 * 1024 * 1024
/** Bytes that zlib unpacks on its thread while the ones before them are hashed on ours. */
const ahead = 512 * 1024

export interface Sniffed {
  compression: ArchiveCompression
  /** All bytes, the first ones included. */
  chunks: AsyncGenerator<Buffer>
}

/** Tells the compression by the first bytes. */
export async function sniff(source: AsyncIterator<Uint8Array>): Promise<Sniffed> {
  let head: Buffer = Buffer.alloc(0)
  while (head.length < 4) {
    const next = await source.next()
    if (next.done) break
    head = head.length === 0 ? asBuffer(next.value) : Buffer.concat([head, next.value])
  }
  const isZstd = head.length >= 4 && head.readUInt32LE(0) === 0xfd2fb528
  const isGzip = head[0] === 0x1f && head[1] === 0x8b
  return { compression: isZstd ? 'zstd' : isGzip ? 'gzip' : 'none', chunks: continued(head, source) }
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
    const { compression, chunks } = await sniff(iterator)
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
 * follows, and another reader might not.
 */
export async function* decompressed(
  source: AsyncIterable<Buffer>,
  compression: Exclude<ArchiveCompression, 'none'>,
  entry = '',
  taken?: (chunk: Buffer) => void,
): AsyncGenerator<Buffer> {
  const options = { chunkSize: 128 * 1024, readableHighWaterMark: ahead }
  const stream = compression === 'gzip' ? createGunzip(options) : createZstdDecompress(options)
  const where = entry === '' ? {} : { params: { entry } }
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
  let fed = 0
  let given = 0
  async function* drain(isDone: () => boolean): AsyncGenerator<Buffer> {
    for (;;) {
      const part: Buffer | null = stream.read()
      if (part) {
        given += part.length
        if (given > harmlessSize && given > fed * mostExpansion)
          throw new AppError('archive_expansion', { params: { entry, limit: mostExpansion }, detail: entry })
        yield part
      } else if (failure) {
        const isCut = failure.code === 'Z_BUF_ERROR' && entry === ''
        throw new AppError(isCut ? 'archive_truncated' : 'archive_compression_damaged', {
          ...where,
          detail: [entry, failure.message].filter(Boolean).join(': '),
          cause: failure,
        })
      } else if (isEnded || isDone()) return
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
      taken?.(chunk)
      yield* drain(() => isWritten)
      if (isEnded) break
    }
    stream.end()
    yield* drain(() => false)
    if (stream.bytesWritten < fed) throw new AppError('archive_trailing_bytes', { ...where, detail: entry })
  } finally {
    stream.destroy()
  }
}
