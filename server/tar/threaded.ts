import { on } from 'node:events'
import { Worker } from 'node:worker_threads'
import { AppError } from '../errors.ts'

/** Compressions that Node has not. */
export type ThreadedCompression = 'xz' | 'bzip2'

export interface ThreadWork {
  compression: ThreadedCompression
  /** 1 when the last part was taken. */
  gate: Int32Array<SharedArrayBuffer>
}

/** What the thread says: `trailing` is something behind the end that is no further stream. */
export type ThreadAnswer =
  | 'more'
  | 'end'
  | 'trailing'
  | { part: Uint8Array<ArrayBuffer> }
  | { fault: 'cut' | 'damaged' | 'unknown'; detail: string }

/** Megabytes of the thread's heap: one block of bzip2 made of zeros alone would take 400. */
const mostHeap = 512
/** Bytes that are hashed and written before the event loop has its turn. */
const sliceBytes = 128 * 1024

export class ThreadFault extends Error {
  readonly fault: 'cut' | 'damaged' | 'unknown' | 'trailing' | 'memory'

  constructor(fault: ThreadFault['fault'], detail = '', cause?: unknown) {
    super(detail, { cause })
    this.fault = fault
  }
}

/**
 * Unpacks on a thread of its own, which ends with the last part or when it is left. Asks the source for more only when
 * all that it gave is unpacked and taken; `taken` is told of each chunk. Throws ThreadFault, and what the source throws.
 */
export async function* unpackedInThread(
  source: AsyncIterable<Buffer>,
  compression: ThreadedCompression,
  taken: (chunk: Buffer) => void,
): AsyncGenerator<Buffer> {
  const gate = new Int32Array(new SharedArrayBuffer(4))
  const open = () => {
    Atomics.store(gate, 0, 1)
    Atomics.notify(gate, 0)
  }
  const thread = new Worker(new URL('./unpack-thread.ts', import.meta.url), {
    workerData: { compression, gate } satisfies ThreadWork,
    resourceLimits: { maxOldGenerationSizeMb: mostHeap },
  })
  const input = source[Symbol.asyncIterator]()
  try {
    for await (const [answer] of on(thread, 'message', { close: ['exit'] }) as AsyncIterable<
      [ThreadAnswer]
    >) {
      if (answer === 'more') {
        const next = await input.next()
        if (!next.done) taken(next.value)
        // Nothing of it is moved: a chunk is hashed here too.
        thread.postMessage(next.done ? null : next.value, [])
      } else if (answer === 'end') return
      else if (answer === 'trailing') throw new ThreadFault(answer)
      else if ('fault' in answer) throw new ThreadFault(answer.fault, answer.detail)
      else {
        for (let at = 0; at < answer.part.length; at += sliceBytes)
          yield Buffer.from(answer.part.buffer, at, Math.min(sliceBytes, answer.part.length - at))
        open()
      }
    }
    throw new AppError('internal', { detail: `The thread for ${compression} ended.` })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw code === 'ERR_WORKER_OUT_OF_MEMORY' ? new ThreadFault('memory', '', error) : error
  } finally {
    open()
    await thread.terminate()
    await input.return?.()
  }
}
