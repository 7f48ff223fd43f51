import { describe, expect, it } from 'vitest'
import type { StatsReading } from '../../engine/stats.ts'
import { cpuLimitOf, gapAt, isGap, sampleBetween } from './sample.ts'

const reading = (changes: Partial<StatsReading>): StatsReading => ({
  id: 'c',
  at: 0,
  cpuNano: 0,
  systemNano: null,
  onlineCpus: null,
  memoryBytes: 10,
  memoryLimitBytes: null,
  receivedBytes: 0,
  sentBytes: 0,
  readBytes: 0,
  writtenBytes: 0,
  pids: 1,
  ...changes,
})

describe('a sample between two readings', () => {
  it('counts CPU as docker stats where the host tells its CPU time', () => {
    const before = reading({ at: 1000, cpuNano: 100, systemNano: 1000, onlineCpus: 4 })
    const now = reading({ at: 2000, cpuNano: 200, systemNano: 1400, onlineCpus: 4 })
    // 100 of 400, on four CPUs: one core.
    expect(sampleBetween(before, now, 0)[1]).toBe(100)
  })

  it('counts CPU by the time that passed where it does not', () => {
    const now = reading({ at: 3000, cpuNano: 3e9 })
    expect(sampleBetween(reading({ at: 1000, cpuNano: 0 }), now, 0)[1]).toBe(150)
  })

  it('gives bytes a second', () => {
    const before = reading({ at: 1000, receivedBytes: 10, sentBytes: 0, readBytes: 5, writtenBytes: 5 })
    const now = reading({ at: 3000, receivedBytes: 30, sentBytes: 4, readBytes: 5, writtenBytes: 105 })
    expect(sampleBetween(before, now, 0).slice(4, 8)).toEqual([10, 2, 0, 50])
  })

  it.each([
    ['without one before', null, reading({ at: 1000, cpuNano: 5 })],
    ['started anew', reading({ at: 1000, cpuNano: 9e9 }), reading({ at: 2000, cpuNano: 5 })],
    ['the same reading twice', reading({ at: 1000 }), reading({ at: 1000 })],
    ['a clock set back', reading({ at: 5000 }), reading({ at: 1000 })],
  ])('has no rates %s, but memory', (_, before, now) => {
    expect(sampleBetween(before, now, 7)).toEqual([7, null, 10, null, null, null, null, null, 1])
  })

  it('has no traffic where there is no network of its own', () => {
    const none = { receivedBytes: null, sentBytes: null }
    const sample = sampleBetween(reading({ at: 1000, ...none }), reading({ at: 2000, ...none }), 0)
    expect(sample.slice(4, 6)).toEqual([null, null])
  })

  it('tells a gap from a sample', () => {
    expect(isGap(gapAt(5))).toBe(true)
    expect(isGap(sampleBetween(null, reading({}), 5))).toBe(false)
  })
})

describe('the limit of CPUs', () => {
  it.each([
    [{}, null],
    [{ HostConfig: null }, null],
    [{ HostConfig: { NanoCpus: 0, CpuQuota: -1, CpusetCpus: '' } }, null],
    [{ HostConfig: { NanoCpus: 50_000_000 } }, 0.05],
    [{ HostConfig: { CpuQuota: 150_000, CpuPeriod: 0 } }, 1.5],
    [{ HostConfig: { CpuQuota: 20_000, CpuPeriod: 10_000 } }, 2],
    [{ HostConfig: { CpusetCpus: '0-2,7' } }, 4],
    [{ HostConfig: { CpusetCpus: '3' } }, 1],
    [{ HostConfig: { NanoCpus: 3e9, CpusetCpus: '0,1' } }, 2],
  ])('of %j is %j', (inspect, cores) => {
    expect(cpuLimitOf(inspect as Record<string, unknown>)).toBe(cores)
  })
})
