import { type LogBegin, type LogSource, orderWindowMs } from '#lib/contracts/logs.ts'
import type { LogCursor } from './cursor.ts'
import type { LogItem } from './resume.ts'
import type { LogIsEmpty } from './source.ts'

/** What a source has and the view has not shown. */
export interface Queued {
  item: LogItem | LogIsEmpty
  arrived: number
}

/** One container's log in a view. */
export interface Source {
  view: LogSource
  queue: Queued[]
  cursor: LogCursor
  /** The time of the last line before the first shown one, and how many of that time there are. */
  passed: { time: bigint; count: number } | null
  /** Of the first line shown; null where it was shown before a cut. */
  begin: LogBegin | null
  begun: boolean
  /** Nothing more is to be waited for: what others have may pass. */
  live: boolean
  done: boolean
  abort: AbortController
  resume(): void
}

/** The source whose head is next; milliseconds until one may be; null when there is none. */
export function earliest(sources: readonly Source[]): Source | number | null {
  let best: Source | null = null
  let bestTime = 0n
  let waits = false
  for (const source of sources) {
    const head = source.queue[0]
    if (!head) {
      if (!source.done && !source.live) return null
      waits ||= !source.done
      continue
    }
    // Marks of a gap and lines of before have no say in the order.
    if (!('line' in head.item) || !head.item.isNew) return source
    if (best === null || head.item.line.time < bestTime) {
      best = source
      bestTime = head.item.line.time
    }
  }
  if (!best) return null
  if (!waits || sources.length === 1) return best
  const left = orderWindowMs - (performance.now() - (best.queue[0] as Queued).arrived)
  return left > 0 ? Math.ceil(left) : best
}
