import type { StatsPoint } from '#lib/contracts/stats.ts'

/** Position of each measure in a point. */
export const measures = {
  cpu: 1,
  memory: 2,
  memoryLimit: 3,
  received: 4,
  sent: 5,
  read: 6,
  written: 7,
  pids: 8,
} as const
export type Measure = keyof typeof measures

export const ranges = ['1m', '5m', '15m', '1h'] as const
export type Range = (typeof ranges)[number]
/** Milliseconds. */
export const rangeMs: Record<Range, number> = { '1m': 60_000, '5m': 300_000, '15m': 900_000, '1h': 3_600_000 }
const tickMs: Record<Range, number> = { '1m': 15_000, '5m': 60_000, '15m': 300_000, '1h': 900_000 }

export const valueOf = (point: StatsPoint | undefined, measure: Measure) => point?.[measures[measure]] ?? null

/** The points to draw between two moments, and the one before, so that the line begins at the edge. */
export function inWindow(points: readonly StatsPoint[], from: number, to: number): StatsPoint[] {
  const first = points.findIndex(([at]) => at >= from)
  if (first < 0) return []
  return points.slice(Math.max(0, first - 1)).filter(([at]) => at <= to)
}

/** Round moments within the window: they move with the curve, and so nothing jumps. */
export function ticksOf(range: Range, to: number): number[] {
  const step = tickMs[range]
  const ticks: number[] = []
  for (let at = Math.ceil((to - rangeMs[range]) / step) * step; at <= to; at += step) ticks.push(at)
  return ticks
}

/**
 * A round upper edge for an axis: of 1, 2, 5 in tens (2, 4, 10 for whole things), or of 1, 1.5 in powers of two for bytes, so that its half is
 * round too. Changes in steps, not with every sample.
 */
export function roundTop(value: number, kind: 'share' | 'whole' | 'bytes'): number {
  if (!(value > 0)) return 1
  if (kind === 'bytes') {
    const power = 2 ** Math.floor(Math.log2(value))
    return [power, power * 1.5, power * 2].find((top) => top >= value) ?? value
  }
  const power = 10 ** Math.floor(Math.log10(value))
  // Half of five processes is none.
  const steps = kind === 'whole' ? [2, 4, 10, 20] : [1, 2, 5, 10]
  return steps.map((step) => step * power).find((top) => top >= value * 0.9999) ?? value
}

export interface Summary {
  now: number | null
  least: number | null
  mean: number | null
  most: number | null
}

/** A measure in four numbers. The mean counts each point by the time since the one before: they are 1 s or 20 s apart. */
export function summarise(points: readonly StatsPoint[], measure: Measure): Summary {
  let [weight, sum, least, most] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const [index, point] of points.entries()) {
    const value = valueOf(point, measure)
    if (value === null) continue
    const span = Math.max(1, point[0] - (points[index - 1]?.[0] ?? point[0] - 1000))
    weight += span
    sum += value * span
    least = Math.min(least, value)
    most = Math.max(most, value)
  }
  const now = valueOf(points.at(-1), measure)
  return weight === 0
    ? { now, least: null, mean: null, most: null }
    : { now, least, mean: sum / weight, most }
}

/** The point at a moment, or the nearest. */
export function pointNear(points: readonly StatsPoint[], at: number): StatsPoint | undefined {
  let nearest: StatsPoint | undefined
  for (const point of points)
    if (!nearest || Math.abs(point[0] - at) < Math.abs(nearest[0] - at)) nearest = point
  return nearest
}
