import { AppError } from '../errors.ts'

const nothing = Buffer.alloc(0)

/** Takes exactly as many bytes as are asked for from chunks of any size, without copying what is passed on. */
export class ByteReader {
  /** Bytes taken so far. */
  position = 0
  private readonly source: AsyncIterator<Uint8Array>
  private chunk: Buffer = nothing

  constructor(source: AsyncIterable<Uint8Array>) {
    this.source = source[Symbol.asyncIterator]()
  }

  /** Null at the end. Throws archive_truncated when it comes in the middle. */
  async read(count: number): Promise<Buffer | null> {
    if (!(await this.fill())) return null
    return this.readExactly(count)
  }

  async readExactly(count: number): Promise<Buffer> {
    const parts: Buffer[] = []
    for await (const part of this.stream(count)) parts.push(part)
    return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)
  }

  /** The next bytes as they come. Leaving it early leaves the rest where it is. */
  async *stream(count: number): AsyncGenerator<Buffer> {
    for (let left = count; left > 0; ) {
      if (!(await this.fill()))
        throw new AppError('archive_truncated', { detail: `${left} bytes are missing at ${this.position}` })
      const part = this.chunk.subarray(0, left)
      this.chunk = this.chunk.subarray(part.length)
      this.position += part.length
      left -= part.length
      yield part
    }
  }

  async skip(count: number): Promise<void> {
    for await (const _ of this.stream(count));
  }

  /** Reads to the end. */
  async drain(): Promise<void> {
    while (await this.fill()) {
      this.position += this.chunk.length
      this.chunk = nothing
    }
  }

  /** Tells the source that no more is wanted. */
  async close(): Promise<void> {
    await this.source.return?.()
  }

  /** False at the end. */
  private async fill(): Promise<boolean> {
    while (this.chunk.length === 0) {
      const next = await this.source.next()
      if (next.done) return false
      this.chunk = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength)
    }
    return true
  }
}
