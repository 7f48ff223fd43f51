import type { Duplex } from 'node:stream'
import { createDemultiplexer } from '../../engine/demultiplex.ts'

/** More than a person reads of what went wrong. */
const mostWords = 1000

export interface ExecOutput {
  /** What it writes to its standard output. */
  bytes: AsyncGenerator<Buffer>
  /** Reads to the end, and keeps nothing but the words. */
  rest(): Promise<void>
  /** What it has said: its standard error, or its output where that was shorter than a sentence. */
  words(): string
}

/** What a command without a terminal says, as it comes. */
export function readOutput(socket: Duplex): ExecOutput {
  let errors = ''
  let begun = ''
  const bytes = async function* (): AsyncGenerator<Buffer> {
    const demultiplex = createDemultiplexer()
    for await (const chunk of socket.iterator({ destroyOnReturn: false }))
      for (const { isError, bytes: piece } of demultiplex(chunk as Buffer)) {
        if (isError) errors = (errors + piece.toString('utf8')).slice(0, mostWords)
        else {
          if (begun.length < mostWords) begun += piece.toString('utf8', 0, mostWords)
          yield piece
        }
      }
  }
  const reading = bytes()
  return {
    bytes: reading,
    async rest() {
      for await (const _ of reading) continue
    },
    words: () => (errors || (begun.length < mostWords ? begun : '')).trim(),
  }
}
