import type { StatsPoint, StatsTotals } from '#lib/contracts/stats.ts'
import type { StatsReading } from '../../engine/stats.ts'
import { gapAt, isGap, sampleBetween, totalsOf } from './sample.ts'
import { Series } from './series.ts'

/** Milliseconds between readings while nobody watches (docs/decisions/0010-stats.md has what it costs). */
export const stepMs = 20_000
/** After a first reading, which knows no rates, the next comes sooner. */
const firstMs = 2000
/** An hour at the low rate. */
const coarsePoints = 180
/** Five minutes of live samples. */
const finePoints = 300
const fineMs = finePoints * 1000

/** One container's recent past: an hour of averages over 20 s, and what was watched live in the last minutes. */
export class ContainerHistory {
  readonly coarse = new Series(coarsePoints)
  private fine: Series | null = null
  private coarseReading: StatsReading | null = null
  private fineReading: StatsReading | null = null
  totals: StatsTotals | null = null

  /** A reading at the low rate. Returns its point. */
  addCoarse(reading: StatsReading, at: number): StatsPoint {
    const point = sampleBetween(this.coarseReading, reading, at)
    this.coarse.push(point)
    this.coarseReading = reading
    this.totals = totalsOf(reading)
    if (this.fine && at - (this.fine.last()?.[0] ?? 0) > fineMs) this.fine = null
    return point
  }

  /** A reading of a live stream, kept at the low rate: null while none is due. */
  addWhenDue(reading: StatsReading, at: number): StatsPoint | null {
    const [latestAt = 0, latestCpu = null] = this.coarse.last() ?? []
    // A bit early, or readings that come each second would always be one second late.
    const due = at - latestAt >= (latestCpu === null ? firstMs : stepMs - 500)
    return due ? this.addCoarse(reading, at) : null
  }

  /** A reading that somebody watches. Returns its point, and the low rate's when one was due. */
  addFine(reading: StatsReading, at: number): { point: StatsPoint; coarse: StatsPoint | null } {
    this.fine ??= new Series(finePoints)
    // The first one says at once how it was since the latest look, instead of nothing for a second.
    const point = sampleBetween(this.fineReading ?? this.coarseReading, reading, at)
    this.fine.push(point)
    this.fineReading = reading
    this.totals = totalsOf(reading)
    return { point, coarse: this.addWhenDue(reading, at) }
  }

  /** Nothing is known now: charts break here. Returns whether it was not so already. */
  addGap(at: number): boolean {
    this.fineReading = null
    const last = this.fine?.last()
    if (last && !isGap(last)) this.fine?.push(gapAt(at))
    const coarse = this.coarse.last()
    if (!coarse || isGap(coarse)) return false
    // Rates over a gap would be true, but would be drawn as if they had been seen.
    this.coarseReading = null
    this.coarse.push(gapAt(at))
    return true
  }

  /** The live stream has ended in order: what it knew goes on at the low rate. */
  endFine(): void {
    this.fineReading = null
  }

  /** Oldest first: live samples where there are, the low rate's in between. */
  points(): StatsPoint[] {
    const fine = this.fine?.points() ?? []
    const merged: StatsPoint[] = []
    let next = 0
    for (const point of this.coarse.points()) {
      while (next < fine.length && (fine[next] as StatsPoint)[0] <= point[0])
        merged.push(fine[next++] as StatsPoint)
      const seen = next > 0 && (fine[next - 1] as StatsPoint)[0] > point[0] - stepMs
      if (!seen) merged.push(point)
    }
    return [...merged, ...fine.slice(next)]
  }
}
