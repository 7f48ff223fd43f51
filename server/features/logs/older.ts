import type { LogBegin } from '#lib/contracts/logs.ts'
import type { LogLine } from '../../engine/logs.ts'
import { disorder } from './cursor.ts'

/** Lines before a place: the last of them, whether there are more, and the place of the first one given. */
export interface OlderLines {
  lines: LogLine[]
  more: boolean
  begin: LogBegin | null
}

/**
 * The lines before the `skip`-th one of a time. By number within a time, since Podman tells whole seconds, of which a view may
 * begin in the middle. Where that line is not there any more, those of earlier times.
 * @param lines wanted ones, oldest first.
 * @param isAll whether they begin with the log's first line, or with the first of its time.
 * @returns null where too few lines were read to tell.
 */
export async function linesBefore(
  lines: AsyncIterable<LogLine>,
  place: { time: bigint; skip: number },
  limit: number,
  isAll: (read: number) => boolean,
): Promise<OlderLines | null> {
  const { time, skip } = place
  const found: LogLine[] = []
  let read = 0
  let first: bigint | null = null
  let equal = 0
  let met = false
  /** Lines that went out at the top: how many had the last one's time. */
  const gone = { time: -1n, count: 0, any: false }
  for await (const line of lines) {
    read++
    first ??= line.time
    if (line.time === time && equal++ === skip) {
      met = true
      break
    }
    if (line.time > time + disorder) break
    found.push(line)
    if (found.length <= limit + 1000) continue
    for (const { time: passed } of found.splice(0, found.length - limit)) {
      gone.count = passed === gone.time ? gone.count + 1 : 1
      gone.time = passed
      gone.any = true
    }
  }
  const before = met ? found : found.filter((line) => line.time < time)
  for (const { time: passed } of before.splice(0, Math.max(0, before.length - limit))) {
    gone.count = passed === gone.time ? gone.count + 1 : 1
    gone.time = passed
    gone.any = true
  }
  const whole = isAll(read)
  const [head] = before
  // Of the first time that was read there may be more lines, which were not.
  if (!whole && (first === null || first >= time || !head || first === head.time)) return null
  const begin = head && { time: String(head.time), skip: head.time === gone.time ? gone.count : 0 }
  return { lines: before, more: gone.any || !whole, begin: begin ?? null }
}
