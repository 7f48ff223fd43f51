import type { LogPosition } from '#lib/contracts/logs.ts'

/** Nanoseconds. Engines read stdout and stderr apart: a line may be stored after one with a later time, by less than this. */
export const disorder = 1_000_000_000n
const window = Number(disorder)

/**
 * Where a reader is in one container's log. `since` of an engine keeps every line at or after a moment, in its own
 * order; so a moment a little back, and how many lines after it were passed, name a place exactly, also where several
 * lines have one time.
 */
export class LogCursor {
  private base = 0n
  /** Times of the lines passed within the window, in the engine's order, relative to base (exact in a double for 100 days). */
  private times: number[] = []
  private head = 0
  private highest = Number.NEGATIVE_INFINITY
  private last = 0n
  private some = false
  private readonly complete: bigint | null
  /** Where another reader left off, counted on from there until there is a window of our own. */
  private readonly anchor: { since: bigint; last: bigint; skip: number } | null

  /**
   * @param from a position: what it has behind it is passed. Or a moment from which on every line is passed (0 for a whole log). Absent
   *   for the last lines of a log, of which only those from the first on are known.
   */
  constructor(from: LogPosition | bigint | null = null) {
    const position = typeof from === 'object' ? from : null
    this.complete = typeof from === 'bigint' ? from : null
    this.anchor = position && {
      ...{ since: BigInt(position.since), last: BigInt(position.last), skip: position.skip },
    }
    this.last = this.anchor?.last ?? 0n
  }

  /** Passes a line, shown or not. */
  pass(time: bigint): void {
    if (!this.some) this.base = time
    this.some = true
    this.last = time
    if (this.anchor && time >= this.anchor.since) this.anchor.skip++
    const at = Number(time - this.base)
    this.times.push(at)
    if (at > this.highest) this.highest = at
    while ((this.times[this.head] ?? 0) < this.highest - window) this.head++
    if (this.head > 8192) {
      this.times = this.times.slice(this.head)
      this.head = 0
    }
  }

  /** Null before the first line. */
  position(): LogPosition | null {
    const { anchor, last } = this
    // Two windows on, none of the other's lines are within ours.
    if (anchor && (!this.some || this.base + BigInt(this.highest) < anchor.last + 2n * disorder))
      return { since: String(anchor.since), skip: anchor.skip, last: String(last) }
    if (!this.some) return null
    // What is stored before that was not counted.
    const floor = this.complete === null ? 0 : Number(this.complete - this.base)
    const from = Math.max(this.highest - window, floor)
    let skip = 0
    for (let index = this.head; index < this.times.length; index++) {
      if ((this.times[index] as number) >= from) skip++
    }
    return { since: String(this.base + BigInt(from)), skip, last: String(this.last) }
  }
}
