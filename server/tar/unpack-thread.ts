import { once } from 'node:events'
import { ReadableStream } from 'node:stream/web'
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import unbzip2 from 'unbzip2-stream'
import xz from 'xz-decompress'
import type { ThreadAnswer, ThreadWork } from './threaded.ts'

/*
 * Unpacks xz and bzip2 on a thread of its own: neither library gives the event loop back before a block is unpacked. It
 * asks for bytes when it has none, and stands still with each part that it has made until that one is taken.
 */

const port = parentPort as MessagePort
const { compression, gate } = workerData as ThreadWork
/** Why a stream ended early: nothing more came, or it was damaged. */
let isInputOver = false

function tell(answer: ThreadAnswer): void {
  port.postMessage(answer)
}

function put(bytes: Uint8Array): void {
  if (bytes.length === 0) return
  const part = new Uint8Array(bytes)
  Atomics.store(gate, 0, 0)
  port.postMessage({ part } satisfies ThreadAnswer, [part.buffer])
  Atomics.wait(gate, 0, 0)
}

async function* received(): AsyncGenerator<Uint8Array> {
  for (;;) {
    tell('more')
    const [bytes] = (await once(port, 'message')) as [Uint8Array | null]
    if (bytes === null) break
    yield bytes
  }
  isInputOver = true
}

/** It reads streams one behind the other, with zeros between them, as the format has them (xz file format 1.2.1, 2). */
async function unxz(): Promise<void> {
  const input = ReadableStream.from(received()) as unknown as ConstructorParameters<
    typeof xz.XzReadableStream
  >[0]
  for await (const part of new xz.XzReadableStream(input)) put(part)
  tell('end')
}

async function unbzip(): Promise<void> {
  const stream = unbzip2()
  let failure: Error | null = null
  stream.on('data', put)
  stream.on('error', (error: Error) => {
    failure ??= error
  })
  for await (const bytes of received()) {
    stream.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
    if (failure) throw failure
  }
  stream.end()
  if (failure) throw failure
  tell('end')
}

/** Both libraries read on where nothing is: bzip2's says that it has no bytes, xz-embedded that it got no further (8). */
function isCut(error: unknown): boolean {
  return isInputOver && (error instanceof TypeError || /prematurely$|error code 8$/.test(String(error)))
}

try {
  await (compression === 'xz' ? unxz() : unbzip())
} catch (error) {
  const detail = error instanceof Error ? error.message : String(error)
  // xz-embedded: 4 is a dictionary that is too large, 6 a filter or a check that it does not have.
  const isUnknown = compression === 'xz' && /error code [46]$/.test(detail)
  // What follows is no further stream (xz-embedded: 5); that the first is one was seen before.
  if (/^No magic number found$|error code 5$/.test(detail)) tell('trailing')
  else tell({ fault: isUnknown ? 'unknown' : isCut(error) ? 'cut' : 'damaged', detail })
}
port.close()
