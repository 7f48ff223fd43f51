import type { StatsPoint, StatsTotals } from '#lib/contracts/stats.ts'
import type { StatsReading } from '../../engine/stats.ts'

/**
 * What happened between two readings of a container, as a point at `at` (milliseconds, our clock: the hosts' differ).
 *
 * CPU by the docker CLI's formula where the host's CPU time is known (Docker), else by the time that passed (Podman);
 * both in per cent of one core. Null without an earlier reading, and when a counter went back: the container was
 * started anew in between.
 */
export function sampleBetween(before: StatsReading | null, now: StatsReading, at: number): StatsPoint {
  const fresh = !before || now.cpuNano < before.cpuNano || now.at <= before.at
  const seconds = fresh ? 0 : (now.at - before.at) / 1000
  const rate = (of: (reading: StatsReading) => number | null) => {
    const [from, to] = [before && of(before), of(now)]
    return fresh || from === null || to === null || to < from ? null : (to - from) / seconds
  }
  return [
    at,
    fresh ? null : cpuPercent(before, now),
    now.memoryBytes,
    now.memoryLimitBytes,
    rate((reading) => reading.receivedBytes),
    rate((reading) => reading.sentBytes),
    rate((reading) => reading.readBytes),
    rate((reading) => reading.writtenBytes),
    now.pids,
  ]
}

function cpuPercent(before: StatsReading, now: StatsReading): number | null {
  const used = now.cpuNano - before.cpuNano
  if (now.systemNano === null || before.systemNano === null || now.onlineCpus === null) {
    return (used / ((now.at - before.at) * 1e6)) * 100
  }
  const all = now.systemNano - before.systemNano
  return all > 0 ? (used / all) * now.onlineCpus * 100 : null
}

export function totalsOf(reading: StatsReading): StatsTotals {
  return {
    received: reading.receivedBytes,
    sent: reading.sentBytes,
    read: reading.readBytes,
    written: reading.writtenBytes,
  }
}

/** A moment at which nothing is known. */
export const gapAt = (at: number): StatsPoint => [at, null, null, null, null, null, null, null, null]

export const isGap = (point: StatsPoint) => point.every((value, index) => index === 0 || value === null)

interface CpuLimits {
  NanoCpus?: number
  CpuQuota?: number
  CpuPeriod?: number
  CpusetCpus?: string
}

/** Cores that the container may use by its inspect document, the least of its limits; null when it has none. */
export function cpuLimitOf(inspect: Record<string, unknown>): number | null {
  const limits = (inspect.HostConfig ?? {}) as CpuLimits
  const found: number[] = []
  if (limits.NanoCpus && limits.NanoCpus > 0) found.push(limits.NanoCpus / 1e9)
  // The kernel's period when none is given: 100 ms.
  if (limits.CpuQuota && limits.CpuQuota > 0) found.push(limits.CpuQuota / (limits.CpuPeriod || 100_000))
  if (limits.CpusetCpus) found.push(countCpus(limits.CpusetCpus))
  return found.length > 0 ? Math.min(...found) : null
}

/** CPUs in a list such as "0-2,7". */
function countCpus(list: string): number {
  return list.split(',').reduce((sum, part) => {
    const [from = 0, to = from] = part.split('-').map(Number)
    return sum + to - from + 1
  }, 0)
}
