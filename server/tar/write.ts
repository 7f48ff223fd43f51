import { encodeName } from '#lib/byte-name.ts'
import * as header from '#lib/tar-header.ts'

export type { TarInput } from '#lib/tar-header.ts'

const buffer = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** Header blocks of an entry, as a buffer; its path as `readTar` gives them. */
export const tarHeader = (entry: header.TarInput) => buffer(header.tarHeader(entry, encodeName))
/** What follows a body, and what ends the archive. */
export const tarPadding = (size: number) => buffer(header.tarPadding(size))
export const tarEnd = () => buffer(header.tarEnd())

/**
 * A tar of one file whose bytes come from elsewhere. Throws RangeError when they are not as many as was said: the
 * receiver then sees a cut archive, and not a file with something else in it.
 */
export async function* tarOfFile(
  entry: header.TarInput,
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<Buffer> {
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
