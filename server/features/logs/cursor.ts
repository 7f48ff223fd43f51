import type { LogPosition } from '#lib/contracts/logs.ts'

/** Nanoseconds. Engines read stdout and stderr apart: a line may be stored after one with a later time, by less than this. */
export const disorder = 1_000_000_000n

/** A place between two lines where all times before it are earlier than all after it. */
interface Boundary {
  /** Lines passed before it. */
  index: number
  /** The latest time before it. */
  before: bigint
  /** The earliest time after it. */
  after: bigint
}

/** Nanoseconds between two boundaries that are kept: a log of a hundred thousand lines a second keeps a few hundred. */
const spacing = 5_000_000n

/**
 * Where a reader is in one container's log: a moment a little back, and how many lines after it were passed. That names
 * a place exactly, also where several lines have one time, if the moment lies at a boundary. Elsewhere engines mean
 * different things by `since`: Docker 20.10 and Podman leave every earlier line out, Docker 28 gives all that is stored
 * after the first line that is not earlier.
 */
export class LogCursor {
  private count = 0
  private highest = 0n
  private lowest = 0n
  private last = 0n
  private boundaries: Boundary[] = []
  private head = 0
  /** Where all of the log is known from on. */
  private readonly origin: { since: bigint; skip: number; last: bigint } | null
  /** Boundaries before it are not known to be any: what another reader passed is not known line by line. */
  private readonly least: bigint

  /**
   * @param from a position: what it has behind it is passed. Or a moment from which on every line is passed (0 for a whole log). Absent
   *   for the last lines of a log, of which only those from the first on are known.
   */
  constructor(from: LogPosition | bigint | null = null) {
    if (typeof from === 'bigint') this.origin = { since: from, skip: 0, last: from }
    else this.origin = from && { since: BigInt(from.since), skip: from.skip, last: BigInt(from.last) }
    this.least = from !== null && typeof from === 'object' ? BigInt(from.last) + disorder : 0n
  }

  /** Lines passed. */
  get passed(): number {
    return this.count
  }

  /** Passes a line, shown or not. */
  pass(time: bigint): void {
    const { boundaries } = this
    for (let end = boundaries.length; end > 0; end--) {
      const boundary = boundaries[end - 1] as Boundary
      if (boundary.after <= time) break
      if (boundary.before >= time) boundaries.pop()
      else boundary.after = time
    }
    if (this.count === 0) {
      this.lowest = time
      this.highest = time
    } else if (time > this.highest) {
      const known = boundaries.at(-1)
      const far = known === undefined || this.highest - known.before >= spacing
      if (far && this.highest >= this.least)
        boundaries.push({ index: this.count, before: this.highest, after: time })
      this.highest = time
    } else if (time < this.lowest) this.lowest = time
    this.count++
    this.last = time
    this.head = Math.min(this.head, boundaries.length)
    while (this.isBack(boundaries[this.head + 1])) this.head++
    if (this.head > 1000) {
      boundaries.splice(0, this.head)
      this.head = 0
    }
  }

  /** Null before the first line of a log of which only the end is read. */
  position(): LogPosition | null {
    const { origin, count } = this
    const boundary = this.boundaries[this.head]
    const last = String(this.count > 0 ? this.last : (origin?.last ?? 0n))
    if (origin && !this.isBack(boundary))
      return { since: String(origin.since), skip: origin.skip + count, last }
    if (count === 0) return null
    if (boundary) return { since: String(boundary.after), skip: count - boundary.index, last }
    return { since: String(this.lowest), skip: count, last }
  }

  /** So far back that no line is stored later that belongs before it. */
  private isBack(boundary: Boundary | undefined): boolean {
    return boundary !== undefined && boundary.before < this.highest - disorder
  }
}
