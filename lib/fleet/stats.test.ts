import { describe, expect, it } from 'vitest'
import type { FleetStatsChange } from '../contracts/stats.ts'
import { applyFleetStats, emptyFleetStats, latest, sparklinePoints, statsKey } from './stats.ts'

const id = 'a'.repeat(12)
const key = statsKey('h1', 'a'.repeat(64))
const start = applyFleetStats(emptyFleetStats, {
  type: 'fleet',
  stepMs: 20_000,
  hosts: [{ hostId: 'h1', cpu: [1], memory: [2], containers: [[id, [1, null], [5, 6], 64]] }],
})
const change = (hosts: FleetStatsChange[]) => ({ type: 'fleetChange' as const, hosts })

describe('the summary of the fleet', () => {
  it('starts from the history', () => {
    expect(start.containers.get(key)).toEqual({ cpu: [1, null], memory: [5, 6], memoryLimit: 64 })
    expect(start.hosts.get('h1')).toMatchObject({ cpu: [1], memory: [2] })
  })

  it('grows by changes, replaces only rows that changed, and forgets what is gone', () => {
    const one = applyFleetStats(start, change([{ hostId: 'h1', containers: [['b', 7, 8, null]], gone: [] }]))
    expect(one.containers.get('h1/b')).toEqual({ cpu: [7], memory: [8], memoryLimit: null })
    expect(one.containers.get(key)).toBe(start.containers.get(key))
    const two = applyFleetStats(
      one,
      change([{ hostId: 'h1', point: [3, null], containers: [[id, null, null, null]], gone: ['b'] }]),
    )
    expect(two.containers.get(key)).toEqual({ cpu: [1, null, null], memory: [5, 6, null], memoryLimit: 64 })
    expect(two.hosts.get('h1')).toMatchObject({ cpu: [1, 3], memory: [2, null] })
    expect(two.containers.has('h1/b')).toBe(false)
    expect(start.containers.get(key)?.cpu).toEqual([1, null])
  })

  it('keeps as many points as a sparkline shows', () => {
    let stats = start
    for (let value = 0; value < 2 * sparklinePoints; value++)
      stats = applyFleetStats(stats, change([{ hostId: 'h1', containers: [[id, value, 1, 64]], gone: [] }]))
    expect(stats.containers.get(key)?.cpu).toHaveLength(sparklinePoints)
    expect(latest(stats.containers.get(key)?.cpu)).toBe(2 * sparklinePoints - 1)
  })

  it('knows no latest value of nothing', () => {
    expect(latest(undefined)).toBeNull()
    expect(latest([])).toBeNull()
  })
})
