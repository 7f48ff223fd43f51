import { describe, expect, it } from 'vitest'
import { sampleBetween } from '../features/stats/sample.ts'
import {
  type DockerStats,
  fromDockerStats,
  fromLibpodReport,
  type LibpodReport,
  type StatsReading,
} from './stats.ts'
// Of the lab's engines: the container `burner`, which may use a twentieth of a core, about a second apart (Podman: the
// first line and a later one), and `failed`, which does not run. Shortened by what is not read.
import answers from './stats-answers.json' with { type: 'json' }

const docker = (raw: unknown) => fromDockerStats('c', raw as DockerStats)
const podman = (raw: unknown) => fromLibpodReport(raw as LibpodReport)

describe('readings of Docker', () => {
  it.each(['docker20', 'docker28'] as const)('%s: burner', (engine) => {
    const [before, now] = answers[engine].map(docker) as [StatsReading, StatsReading]
    expect(now).toMatchObject({ id: 'c', onlineCpus: 2, memoryLimitBytes: 64 * 1024 * 1024, pids: 1 })
    expect(now.receivedBytes).toBeGreaterThan(0)
    const [at, cpu, memory] = sampleBetween(before, now, 1234)
    expect(at).toBe(1234)
    expect(cpu).toBeGreaterThan(4)
    expect(cpu).toBeLessThan(6)
    expect(memory).toBe(now.memoryBytes)
  })

  const [, running] = answers.docker20 as unknown as [DockerStats, DockerStats]
  const withMemory = (memory_stats: DockerStats['memory_stats']) => docker({ ...running, memory_stats })

  it.each([
    ['cgroup v1: the whole tree', { total_inactive_file: 30, inactive_file: 10 }, 70],
    ['cgroup v2', { inactive_file: 10 }, 90],
    ['v1 with nothing to drop, although the group has', { total_inactive_file: 0, inactive_file: 10 }, 100],
    ['a cache as large as the usage is not believed', { inactive_file: 100 }, 100],
    ['none told', undefined, 100],
  ])('memory without cache, %s', (_, stats, expected) => {
    expect(withMemory({ usage: 100, limit: 200, stats })?.memoryBytes).toBe(expected)
  })

  it('sums block I/O by the first letter of the operation, and networks over interfaces', () => {
    const io = [
      { op: 'Read', value: 1 },
      { op: 'Write', value: 2 },
      { op: 'read', value: 4 },
      { op: 'write', value: 8 },
      { op: 'Total', value: 16 },
    ]
    const networks = { eth0: { rx_bytes: 1, tx_bytes: 2 }, eth1: { rx_bytes: 4, tx_bytes: 8 } }
    const reading = docker({ ...running, networks, blkio_stats: { io_service_bytes_recursive: io } })
    expect(reading).toMatchObject({ readBytes: 5, writtenBytes: 10, receivedBytes: 5, sentBytes: 10 })
  })

  it('knows no traffic of a container in the network of its host', () => {
    expect(docker({ ...running, networks: undefined })).toMatchObject({
      receivedBytes: null,
      sentBytes: null,
    })
  })

  it('is null for a container that does not run', () => {
    const cpu_stats = { cpu_usage: { total_usage: 0 } }
    expect(docker({ ...running, read: '0001-01-01T00:00:00Z', cpu_stats })).toBeNull()
  })

  it('counts CPUs by their list where the number is missing', () => {
    const cpu_stats = { cpu_usage: { total_usage: 1, percpu_usage: [1, 2, 3] }, system_cpu_usage: 5 }
    expect(docker({ ...running, cpu_stats })?.onlineCpus).toBe(3)
  })

  it.each([null, 'many', -1, {}])('refuses %j as a counter', (total_usage) => {
    const cpu_stats = { cpu_usage: { total_usage }, system_cpu_usage: 5, online_cpus: 1 }
    expect(() => docker({ ...running, cpu_stats })).toThrow(TypeError)
  })
})

describe('readings of Podman', () => {
  it.each(['podman4', 'podman5'] as const)('%s: burner, and nothing of what does not run', (engine) => {
    const [before, now] = answers[engine].map(podman) as [StatsReading[], StatsReading[]]
    expect(now).toHaveLength(1)
    const [, cpu, memory, limit] = sampleBetween(before[0] as StatsReading, now[0] as StatsReading, 0)
    expect(cpu).toBeGreaterThan(4)
    expect(cpu).toBeLessThan(6)
    expect(memory).toBeGreaterThan(0)
    expect(limit).toBe(64 * 1024 * 1024)
    expect(Math.abs((now[0] as StatsReading).at - Date.parse('2026-11-21T02:46:00Z'))).toBeLessThan(60_000)
  })

  it('turns round what 4.x calls input, sums interfaces of 5.x', () => {
    const [line] = answers.podman4
    const [old] = podman({
      ...line,
      Stats: [{ ...line?.Stats[0], SystemNano: 1, NetInput: 1, NetOutput: 2 }],
    })
    expect(old).toMatchObject({ receivedBytes: 2, sentBytes: 1 })
    const Network = { eth0: { RxBytes: 1, TxBytes: 2 }, eth1: { RxBytes: 4, TxBytes: 8 } }
    const [recent] = podman({ ...line, Stats: [{ ...line?.Stats[0], SystemNano: 1, Network }] })
    expect(recent).toMatchObject({ receivedBytes: 5, sentBytes: 10 })
  })

  it('throws an error told in the stream, and takes no containers for none', () => {
    expect(() => podman({ Error: { cause: 'gone' }, Stats: null })).toThrow('gone')
    expect(podman({ Error: null, Stats: null })).toEqual([])
  })
})
