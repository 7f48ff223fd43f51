import { type FileHandle, open, stat, truncate } from 'node:fs/promises'
import { AppError } from '../../errors.ts'

/** Bytes of one read: large enough that the disk and not the loop is the limit. */
const readBytes = 256 * 1024
/** Milliseconds after which a reader that waits for bytes holds no descriptor. */
const restMs = 1000

/** No byte has come for so long that nothing should be held for it. */
export class UploadRests extends Error {
  /** Bytes that were read. */
  readonly at: number

  constructor(at: number) {
    super('The upload rests.')
    this.at = at
  }
}

/**
 * A file that one upload writes and that any number of readers follow at their own pace, from the beginning to its
 * announced size: what has not arrived yet is waited for. Nothing is kept in memory but the chunk at hand.
 */
export class Spool {
  readonly path: string
  /** Bytes when it is whole. */
  readonly size: number
  /** Bytes that are on disk. */
  received: number
  private readonly waiting = new Set<() => void>()
  private failure: AppError | null = null
  private writer: { stop(): void; done: Promise<unknown> } | null = null

  private constructor(path: string, size: number, received: number) {
    this.path = path
    this.size = size
    this.received = received
  }

  /** Makes the file, or goes on with what is there. */
  static async at(path: string, size: number): Promise<Spool> {
    await (await open(path, 'a', 0o600)).close()
    const { size: present } = await stat(path)
    // More than was announced: a write that was cut off while it was taken back.
    if (present > size) await truncate(path, size)
    return new Spool(path, size, Math.min(present, size))
  }

  get isWhole(): boolean {
    return this.received === this.size
  }

  /**
   * Writes at the end as the bytes come, and keeps what came when they are cut. Whoever is still writing is ended
   * first: a connection that died without a word must not stand in the way of the one that goes on.
   * @returns the new offset
   * @throws archive_offset_wrong, archive_too_long, archive_disk_full, and what `abandon` was given
   */
  async append(offset: number, body: AsyncIterable<Uint8Array>, stop: () => void): Promise<number> {
    await this.settle()
    if (this.failure) throw this.failure
    if (offset !== this.received)
      throw new AppError('archive_offset_wrong', { params: { given: offset, expected: this.received } })
    const work = this.write(body)
    const mine = { stop, done: work.catch(() => {}) }
    this.writer = mine
    try {
      return await work
    } finally {
      if (this.writer === mine) this.writer = null
    }
  }

  /** Ends whoever writes, so that `received` stands still. */
  async settle(): Promise<void> {
    while (this.writer) {
      const { stop, done } = this.writer
      this.writer = null
      stop()
      await done
    }
  }

  private async write(body: AsyncIterable<Uint8Array>): Promise<number> {
    const file = await open(this.path, 'r+')
    try {
      for await (const chunk of body) {
        if (this.failure) throw this.failure
        if (this.received + chunk.length > this.size)
          throw new AppError('archive_too_long', { params: { size: this.size } })
        await writeAll(file, chunk, this.received)
        this.received += chunk.length
        this.wake()
      }
      if (this.failure) throw this.failure
      // Once, and not for each part: after a power cut an upload goes on from what the disk still has, and its digests tell
      // the rest.
      if (this.isWhole) await file.sync()
      return this.received
    } finally {
      await file.close()
    }
  }

  /** Readers and the writer end with this error. */
  abandon(error: AppError): void {
    this.failure ??= error
    this.wake()
    this.writer?.stop()
  }

  /** @param idleMs milliseconds without a byte after which UploadRests is thrown; absent: waits as long as it takes */
  async *read(signal?: AbortSignal, idleMs?: number): AsyncGenerator<Buffer> {
    const opened = () =>
      open(this.path, 'r').catch((error: NodeJS.ErrnoException) => {
        throw error.code === 'ENOENT' ? new AppError('archive_gone', { cause: error }) : error
      })
    let file: FileHandle | null = await opened()
    // An upload that was left half may be gone on with for a day.
    const rest = () => {
      void file?.close().catch(() => {})
      file = null
    }
    const waited = async (at: number) => {
      const idle = new AbortController()
      const timers = [setTimeout(rest, restMs)]
      if (idleMs !== undefined) timers.push(setTimeout(() => idle.abort(new UploadRests(at)), idleMs))
      const either = signal ? AbortSignal.any([signal, idle.signal]) : idle.signal
      await this.until(at, either).finally(() => timers.forEach(clearTimeout))
    }
    const next = async (at: number): Promise<Buffer> => {
      if (this.received <= at) await waited(at)
      await this.until(at, signal)
      file ??= await opened()
      const chunk = Buffer.allocUnsafe(Math.min(readBytes, this.received - at))
      const { bytesRead } = await file.read(chunk, 0, chunk.length, at)
      if (bytesRead === 0) throw new AppError('archive_gone')
      return chunk.subarray(0, bytesRead)
    }
    let reading: Promise<Buffer> | null = null
    try {
      for (let at = 0; at < this.size; ) {
        const chunk: Buffer = await (reading ?? next(at))
        at += chunk.length
        // The disk works while the chunk before is being sent or hashed; what has not come yet is waited for then.
        reading = at < this.received ? next(at) : null
        reading?.catch(() => {})
        yield chunk
      }
    } finally {
      await reading?.catch(() => {})
      await file?.close()
    }
  }

  /** Resolves when there are bytes behind `at`. */
  async until(at: number, signal?: AbortSignal): Promise<void> {
    for (;;) {
      if (this.failure) throw this.failure
      signal?.throwIfAborted()
      if (this.received > at) return
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.waiting.delete(wake)
          signal?.removeEventListener('abort', wake)
          resolve()
        }
        this.waiting.add(wake)
        signal?.addEventListener('abort', wake)
      })
    }
  }

  private wake(): void {
    for (const wake of Array.from(this.waiting)) wake()
  }
}

async function writeAll(file: FileHandle, chunk: Uint8Array, at: number): Promise<void> {
  try {
    for (let done = 0; done < chunk.length; ) {
      const { bytesWritten } = await file.write(chunk, done, chunk.length - done, at + done)
      done += bytesWritten
    }
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw code === 'ENOSPC' || code === 'EDQUOT' ? new AppError('archive_disk_full', { cause }) : cause
  }
}
