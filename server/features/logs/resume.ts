import type { LogPosition } from '#lib/contracts/logs.ts'
import type { LogLine } from '../../engine/logs.ts'
import { disorder } from './cursor.ts'

/**
 * A line, passed before or new; or the end of what was passed where the engine has rotated its files: with what is
 * missing between, or null where nothing is.
 */
export type LogItem = { line: LogLine; isNew: boolean } | { gap: { from: bigint; to: bigint } | null }

/** Lines remembered to tell whether the engine still has what was passed. */
const mostSkipped = 2_000_000

/**
 * Reads on from a position. `lines` is the engine's answer from `position.since`; the lines that were passed come first
 * and are marked. Where they are not as they were, the engine has rotated its files meanwhile: then everything up to the
 * last time passed is taken as passed, and what is missing is a gap.
 */
export async function* readOn(
  lines: AsyncIterable<LogLine>,
  position: LogPosition | null,
): AsyncGenerator<LogItem> {
  const last = BigInt(position?.last ?? 0)
  let toSkip = Math.min(position?.skip ?? 0, mostSkipped)
  const held: LogLine[] = []
  let rotated = false
  for await (const line of lines) {
    if (toSkip === 0) {
      yield { line, isNew: true }
      continue
    }
    if (rotated) {
      yield { line, isNew: line.time > last }
      continue
    }
    held.push(line)
    // Much later than what was passed: the rest of that does not come any more, and nobody is to wait for it.
    const beyond = line.time > last + disorder
    if (held.length < toSkip && !beyond) continue
    if (line.time === last) {
      toSkip = 0
      for (const passed of held) yield { line: passed, isNew: false }
    } else {
      rotated = true
      yield* afterRotation(held, last)
    }
    held.length = 0
  }
  // Fewer than were passed: the engine has thrown some away.
  if (held.length > 0) yield* afterRotation(held, last)
}

function* afterRotation(held: readonly LogLine[], last: bigint): Generator<LogItem> {
  const complete = held.some((line) => line.time === last)
  let told = false
  for (const line of held) {
    const isNew = line.time > last
    if (isNew && !told) {
      told = true
      yield { gap: complete ? null : { from: last, to: line.time } }
    }
    yield { line, isNew }
  }
  if (!told) yield { gap: null }
}

/**
 * As `readOn`, for who still has the lines that it passed: they are told by their text and not by their number. Podman 4.3
 * was seen to leave a line out of a stream that lived on over a restart of its container; counted, that line would be
 * missing for ever and the next one come twice. Here it is new, though later than its successors.
 * @param passed what was passed from the beginning of `lines` on, in the order it came.
 */
export async function* readOnAfter(
  lines: AsyncIterable<LogLine>,
  passed: readonly LogLine[],
): AsyncGenerator<LogItem> {
  const last = passed.at(-1)?.time ?? 0n
  // Lines of one moment and one text are as good as each other: it is enough how many there are.
  const left = new Map<string, number>()
  for (const line of passed) left.set(keyOf(line), (left.get(keyOf(line)) ?? 0) + 1)
  let found = passed.length === 0
  for await (const line of lines) {
    const count = left.size > 0 ? (left.get(keyOf(line)) ?? 0) : 0
    if (count > 0) {
      found = true
      if (count === 1) left.delete(keyOf(line))
      else left.set(keyOf(line), count - 1)
    } else if (!found && line.time > last) {
      // Nothing of what was passed is there any more: the engine has rotated its files.
      found = true
      yield { gap: { from: last, to: line.time } }
    }
    // Before anything is found again, what is not later is older than what was passed.
    yield { line, isNew: count === 0 && found }
    // What has not come by now does not come any more, and would take a later line's place.
    if (line.time > last + disorder) left.clear()
  }
}

const keyOf = ({ time, stream, text }: LogLine) => `${time} ${stream} ${text}`
