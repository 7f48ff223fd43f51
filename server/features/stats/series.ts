import type { StatsPoint } from '#lib/contracts/stats.ts'

/** Values of a point beside its time. */
const width = 8

/**
 * The latest points of one container, packed: 40 bytes a point, so that an hour of 5,000 containers is 36 MB and not a
 * heap of objects. Values keep seven digits.
 */
export class Series {
  private readonly capacity: number
  private times: Float64Array
  private values: Float32Array
  private next = 0
  length = 0

  constructor(capacity: number) {
    this.capacity = capacity
    this.times = new Float64Array(Math.min(capacity, 16))
    this.values = new Float32Array(this.times.length * width)
  }

  push(point: StatsPoint): void {
    if (this.length === this.times.length && this.length < this.capacity) this.grow()
    this.times[this.next] = point[0]
    for (let index = 0; index < width; index++)
      this.values[this.next * width + index] = point[index + 1] ?? Number.NaN
    this.next = (this.next + 1) % this.times.length
    this.length = Math.min(this.length + 1, this.times.length)
  }

  /** Oldest first; those after `since` (milliseconds), at most the last `count`. */
  points(since = Number.NEGATIVE_INFINITY, count = this.length): StatsPoint[] {
    const found: StatsPoint[] = []
    for (let back = Math.min(count, this.length); back > 0; back--) {
      const slot = (this.next - back + this.times.length) % this.times.length
      if ((this.times[slot] as number) > since) found.push(this.at(slot))
    }
    return found
  }

  /** The newest point. */
  last(): StatsPoint | null {
    return this.length === 0 ? null : this.at((this.next - 1 + this.times.length) % this.times.length)
  }

  private at(slot: number): StatsPoint {
    const from = slot * width
    // Single precision made "5.0015" of 5.0015 into "5.001500129699707": not worth sending.
    const value = (index: number) => {
      const kept = this.values[from + index] as number
      return Number.isNaN(kept) ? null : Math.round(kept * 100) / 100
    }
    return [this.times[slot], ...Array.from({ length: width }, (_, index) => value(index))] as StatsPoint
  }

  /** Most containers of a build server live for minutes: room comes as it is needed. Only ever called before it wraps. */
  private grow(): void {
    const capacity = Math.min(this.capacity, this.times.length * 2)
    const [times, values] = [this.times, this.values]
    this.times = new Float64Array(capacity)
    this.values = new Float32Array(capacity * width)
    this.times.set(times)
    this.values.set(values)
    this.next = this.length
  }
}
