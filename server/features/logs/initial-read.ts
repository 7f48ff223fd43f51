import type { LogLine } from '../../engine/logs.ts'
import { disorder } from './cursor.ts'
import type { LogItem } from './resume.ts'
import type { Options } from './source.ts'

type Read = (from: { since?: bigint; tail?: number }) => Promise<AsyncIterable<LogLine>>

/**
 * What a view begins with: all from a moment on, or the last lines. Lines that only have to be counted are not new.
 * @param follows lines that are not whole yet are left for whoever reads on.
 * @param leavesLast so is the last one: Podman's reading to the end of its file takes what is there of a line that is being
 *   written for all of it (seen on 5.4: a line without its text).
 */
export async function* readBeginning(
  read: Read,
  options: Options,
  { follows, leavesLast }: { follows: boolean; leavesLast: boolean },
): AsyncGenerator<LogItem> {
  if (options.since !== undefined) {
    const lines = await read({ since: BigInt(options.since) })
    let last: LogLine | null = null
    for await (const line of until(lines, options)) {
      if (last) yield { line: last, isNew: true }
      last = null
      if (follows && line.open) continue
      if (leavesLast) last = line
      else yield { line, isNew: true }
    }
    return
  }
  // None shown: the last one still says from where on. Each stream may have one that is not whole.
  const wanted = Math.max(options.tail, 1) + (follows ? 2 : 0)
  const { before, lines } = await collect(await read({ tail: wanted }), wanted)
  const whole = follows ? lines.filter((line) => !line.open) : lines
  const left = leavesLast && options.tail > 0 && whole.pop() ? 1 : 0
  const shown = Math.max(0, whole.length - options.tail + left)
  for (const line of [...before, ...whole.slice(0, shown)]) yield { line, isNew: false }
  const limit = options.until === undefined ? null : BigInt(options.until)
  for (const line of whole.slice(shown)) if (limit === null || line.time <= limit) yield { line, isNew: true }
}

/** `until` of the engines is unreliable together with `tail`: we stop by ourselves. */
export async function* until(lines: AsyncIterable<LogLine>, options: Options): AsyncGenerator<LogLine> {
  const limit = options.until === undefined ? null : BigInt(options.until)
  for await (const line of lines) {
    if (limit !== null && line.time > limit + disorder) return
    if (limit === null || line.time <= limit) yield line
  }
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
