import { describe, expect, it } from 'vitest'
import type { StatsPoint } from '#lib/contracts/stats.ts'
import { inWindow, pointNear, roundTop, summarise, ticksOf } from './chart-window.ts'

const point = (at: number, cpu: number | null): StatsPoint => [
  at,
  cpu,
  null,
  null,
  null,
  null,
  null,
  null,
  null,
]

describe('the window of the charts', () => {
  const points = [10, 20, 30, 40].map((at) => point(at, at))
  it('begins one point before its edge, and ends at its end', () => {
    expect(inWindow(points, 25, 35).map(([at]) => at)).toEqual([20, 30])
    expect(inWindow(points, 0, 100)).toEqual(points)
    expect(inWindow(points, 50, 100)).toEqual([])
  })

  it('has its ticks at round moments', () => {
    expect(ticksOf('5m', 1_000_000)).toEqual([720_000, 780_000, 840_000, 900_000, 960_000])
  })

  it('finds the nearest point', () => {
    expect(pointNear(points, 24)?.[0]).toBe(20)
    expect(pointNear(points, 26)?.[0]).toBe(30)
    expect(pointNear([], 5)).toBeUndefined()
  })
})

describe('the top of an axis', () => {
  it.each([
    [0, 'share', 1],
    [4.2, 'share', 5],
    [5, 'share', 5],
    [101, 'share', 200],
    [0.03, 'share', 0.05],
    [1, 'whole', 2],
    [3, 'whole', 4],
    [5, 'whole', 10],
    [11, 'whole', 20],
    [64 * 1024 ** 2, 'bytes', 64 * 1024 ** 2],
    [65 * 1024 ** 2, 'bytes', 96 * 1024 ** 2],
    [1000, 'bytes', 1024],
    [Number.NaN, 'bytes', 1],
  ] as const)('of %f %s is %f', (value, kind, top) => {
    expect(roundTop(value, kind)).toBeCloseTo(top)
  })
})

describe('a measure in four numbers', () => {
  it('weighs points by their time', () => {
    const points = [point(20_000, 10), point(40_000, 10), point(41_000, 31)]
    expect(summarise(points, 'cpu')).toEqual({
      now: 31,
      least: 10,
      mean: (10 * 1 + 10 * 20 + 31 * 1) / 22,
      most: 31,
    })
  })

  it('knows nothing of gaps', () => {
    expect(summarise([point(1, 5), point(2, null)], 'cpu')).toEqual({ now: null, least: 5, mean: 5, most: 5 })
    expect(summarise([], 'cpu')).toEqual({ now: null, least: null, mean: null, most: null })
  })
})
