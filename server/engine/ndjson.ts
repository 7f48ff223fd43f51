import { AppError } from '../errors.ts'

/** JSON.parse's, with the number's own text: engines count nanoseconds, of which a double holds only every 256th. */
export type Reviver = (key: string, value: unknown, context?: { source?: string }) => unknown

/** A single line longer than this is not a message of any engine, but an attack or a broken peer. */
const maximumLineBytes = 4 * 1024 * 1024

/** Begins each record of json-seq (RFC 7464). */
const recordSeparator = 0x1e

/**
 * Splits a byte stream into JSON values, one a line. Works on bytes, so that a UTF-8 character cut between two chunks
 * stays whole. Also takes json-seq (RFC 7464), whose records begin with 0x1E, and CRLF, which Docker's load sends.
 * Throws engine_answer_invalid for a line that is no JSON or never ends.
 */
export async function* parseNdjson<T>(
  source: AsyncIterable<Uint8Array>,
  reviver?: Reviver,
): AsyncGenerator<T> {
  // Joined once a line is whole: joining at every chunk would copy a long line that comes byte by byte each time.
  let pieces: Uint8Array[] = []
  let length = 0
  const keep = (piece: Uint8Array) => {
    pieces.push(piece)
    length += piece.length
    if (length > maximumLineBytes) {
      throw new AppError('engine_answer_invalid', { detail: `A line of more than ${maximumLineBytes} bytes` })
    }
  }
  const takeLine = () => {
    const line = Buffer.concat(pieces, length)
    pieces = []
    length = 0
    return parseLine<T>(line, reviver)
  }
  for await (const chunk of source) {
    let from = 0
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      keep(chunk.subarray(from, end))
      from = end + 1
      const value = takeLine()
      if (value !== undefined) yield value
    }
    if (from < chunk.length) keep(chunk.subarray(from))
  }
  const last = takeLine()
  if (last !== undefined) yield last
}

function parseLine<T>(line: Buffer, reviver?: Reviver): T | undefined {
  const text = line
    .subarray(line[0] === recordSeparator ? 1 : 0)
    .toString('utf8')
    .trim()
  if (text === '') return undefined
  try {
    return JSON.parse(text, reviver) as T
  } catch (cause) {
    throw new AppError('engine_answer_invalid', { detail: `Not JSON: ${text.slice(0, 200)}`, cause })
  }
}
