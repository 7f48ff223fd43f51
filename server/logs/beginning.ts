import type { LogLine } from '../engine/logs.ts'
import { disorder } from './cursor.ts'
import type { LogItem } from './resume.ts'
import type { Options } from './source.ts'

type Read = (from: { since?: bigint; tail?: number }) => Promise<AsyncIterable<LogLine>>

const second = 1_000_000_000n

/** What a view begins with: all from a moment on, or the last lines. Lines that only have to be counted are not new. */
export async function* readBeginning(read: Read, options: Options): AsyncGenerator<LogItem> {
  if (options.since !== undefined) {
    const lines = await read({ since: BigInt(options.since) })
    for await (const line of until(lines, options)) yield { line, isNew: true }
    return
  }
  // None shown: the last one still says from where on.
  const wanted = Math.max(options.tail, 1)
  let last = await collect(await read({ tail: wanted }), wanted)
  const [first] = last.lines
  let passed: LogLine[] = []
  const isCut = entries(last.lines) >= wanted
  if (first && isCut && first.time % second === 0n) {
    // Whole seconds: others before the first may share its time, and have to be counted.
    last = await collect(await read({ since: first.time }), wanted)
    passed = last.before
  }
  for (const line of passed) yield { line, isNew: false }
  const limit = options.until === undefined ? null : BigInt(options.until)
  for (const line of last.lines) {
    if (limit === null || line.time <= limit) yield { line, isNew: options.tail > 0 }
  }
}

/** `until` of the engines is unreliable together with `tail`: we stop by ourselves. */
export async function* until(lines: AsyncIterable<LogLine>, options: Options): AsyncGenerator<LogLine> {
  const limit = options.until === undefined ? null : BigInt(options.until)
  for await (const line of lines) {
    if (limit !== null && line.time > limit + disorder) return
    if (limit === null || line.time <= limit) yield line
  }
}

/** As `tail` of the engines counts. */
function entries(lines: readonly LogLine[]): number {
  return lines.reduce((sum, line) => sum + (line.pieces ?? 1), 0)
}

/** The last `wanted` lines, and those before them in the same answer (their times alone matter). */
async function collect(
  lines: AsyncIterable<LogLine>,
  wanted: number,
): Promise<{ lines: LogLine[]; before: LogLine[] }> {
  const kept: LogLine[] = []
  const before: LogLine[] = []
  for await (const line of lines) {
    kept.push(line)
    if (kept.length < 2 * wanted + 1000) continue
    for (const gone of kept.splice(0, kept.length - wanted)) before.push({ ...gone, text: '' })
  }
  for (const gone of kept.splice(0, kept.length - wanted)) before.push({ ...gone, text: '' })
  return { lines: kept, before }
}
