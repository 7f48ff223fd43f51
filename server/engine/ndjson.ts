import { AppError } from '../errors.ts'

/** A single line longer than this is not a message of any engine, but an attack or a broken peer. */
const maximumLineBytes = 4 * 1024 * 1024

/**
 * Splits a byte stream into JSON values, one a line. Works on bytes, so that a UTF-8 character cut between two chunks
 * stays whole. Also takes json-seq (RFC 7464), whose records begin with 0x1E, and CRLF, which Docker's load sends.
 * Throws engine_answer_invalid for a line that is no JSON or never ends.
 */
export async function* parseNdjson<T>(source: AsyncIterable<Uint8Array>): AsyncGenerator<T> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of source) {
    let from = 0
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
      const line = Buffer.concat([rest, bytes.subarray(from, end)])
      rest = Buffer.alloc(0)
      from = end + 1
      const value = parseLine<T>(line)
      if (value !== undefined) yield value
    }
    rest = Buffer.concat([rest, bytes.subarray(from)])
    if (rest.length > maximumLineBytes) {
      throw new AppError('engine_answer_invalid', { detail: `A line of more than ${maximumLineBytes} bytes` })
    }
  }
  const last = parseLine<T>(rest)
  if (last !== undefined) yield last
}

function parseLine<T>(line: Buffer): T | undefined {
  const text = line
    .toString('utf8')
    .replace(/^\u001e/, '')
    .trim()
  if (text === '') return undefined
  try {
    return JSON.parse(text) as T
  } catch (cause) {
    throw new AppError('engine_answer_invalid', { detail: `Not JSON: ${text.slice(0, 200)}`, cause })
  }
}
