import { describe, expect, it } from 'vitest'
import type { StatsPoint } from '#lib/contracts/stats.ts'
import type { StatsReading } from '../../engine/stats.ts'
import { ContainerHistory, stepMs } from './history.ts'
import { gapAt } from './sample.ts'
import { Series } from './series.ts'

const point = (at: number): StatsPoint => [at, at / 2, 25_276_502_016, null, 0, 0, 0, 0, 1]

describe('a series', () => {
  it('keeps the latest points, in order, whatever its room was on the way', () => {
    const series = new Series(40)
    for (let at = 1; at <= 100; at++) {
      series.push(point(at))
      const first = Math.max(1, at - 39)
      expect(series.points().map(([time]) => time)).toEqual(
        Array.from({ length: at - first + 1 }, (_, i) => first + i),
      )
      expect(series.last()).toEqual(point(at))
    }
    expect(series.points(90).map(([at]) => at)).toEqual([91, 92, 93, 94, 95, 96, 97, 98, 99, 100])
    expect(series.points(90, 2).map(([at]) => at)).toEqual([99, 100])
  })

  it('keeps nulls as nulls', () => {
    const series = new Series(2)
    series.push(gapAt(5))
    expect(series.points()).toEqual([gapAt(5)])
  })
})

/** A container that uses half a core, read at a moment. */
const reading = (at: number): StatsReading => ({
  id: 'c',
  at,
  cpuNano: at * 0.5e6,
  systemNano: null,
  onlineCpus: null,
  memoryBytes: 1,
  memoryLimitBytes: 2,
  receivedBytes: 0,
  sentBytes: 0,
  readBytes: 0,
  writtenBytes: 0,
  pids: 1,
})

describe('the history of a container', () => {
  it('opens with the low rate, then what was watched, and the low rate between two visits', () => {
    const history = new ContainerHistory()
    for (let at = stepMs; at <= 5 * stepMs; at += stepMs) history.addCoarse(reading(at), at)
    const watched = 5 * stepMs
    for (let at = watched + 1000; at <= watched + 3000; at += 1000) history.addFine(reading(at), at)
    history.endFine()
    for (let at = 6 * stepMs; at <= 8 * stepMs; at += stepMs) history.addCoarse(reading(at), at)
    history.addFine(reading(8 * stepMs + 1000), 8 * stepMs + 1000)
    const points = history.points()
    expect(points.map(([at]) => at / 1000)).toEqual([20, 40, 60, 80, 100, 101, 102, 103, 140, 160, 161])
    // All but the very first know the rate, also over the changes between live and low.
    expect(points.slice(1).every(([, cpu]) => cpu === 50)).toBe(true)
    expect(points[0]?.[1]).toBeNull()
  })

  it('makes the low rate of live samples while it is watched', () => {
    const history = new ContainerHistory()
    history.addCoarse(reading(1000), 1000)
    const coarse: number[] = []
    for (let at = 2000; at <= 62_000; at += 1000) {
      const due = history.addFine(reading(at), at).coarse
      if (due) coarse.push(due[0])
    }
    // The first one soon, since one reading knows no rates.
    expect(coarse).toEqual([3000, 23_000, 43_000])
  })

  it('breaks once where nothing is known, and goes on without a made-up rate', () => {
    const history = new ContainerHistory()
    expect(history.addGap(1)).toBe(false)
    history.addCoarse(reading(1000), 1000)
    history.addCoarse(reading(2000), 2000)
    expect(history.addGap(3000)).toBe(true)
    expect(history.addGap(4000)).toBe(false)
    history.addCoarse(reading(90_000), 90_000)
    expect(history.points().map((each) => [each[0], each[1]])).toEqual([
      [1000, null],
      [2000, 50],
      [3000, null],
      [90_000, null],
    ])
  })
})
