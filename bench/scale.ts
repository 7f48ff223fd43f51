import type { Container } from '../lib/contracts/containers.ts'
import { MemoryFleet } from '../server/live/fleet-state.ts'
import { type BenchResult, ms, percentile } from './measure.ts'

const hostCount = 100
const containersPerHost = 50

/**
 * The fleet state alone with 100 hosts and 5,000 containers: what it costs in memory, to relist, and to serialise. No
 * engine is simulated here; the objects are put as host-sync puts them.
 */
export async function benchScale(): Promise<BenchResult> {
  globalThis.gc?.()
  const before = process.memoryUsage().heapUsed
  const fleet = new MemoryFleet(() => [])
  const lists = Array.from({ length: hostCount }, (_, host) =>
    Array.from({ length: containersPerHost }, (_, index) => make(host, index)),
  )
  const fill = performance.now()
  for (const [host, list] of lists.entries()) fleet.replace('containers', hostIdOf(host), list)
  fleet.flush()
  const filled = performance.now() - fill
  const heap = process.memoryUsage().heapUsed - before
  const relists = Array.from({ length: 50 }, (_, round) => {
    const host = round % hostCount
    const began = performance.now()
    fleet.replace('containers', hostIdOf(host), lists[host]?.map((container) => ({ ...container })) ?? [])
    return performance.now() - began
  })
  const serialise = Array.from({ length: 20 }, () => {
    const began = performance.now()
    JSON.stringify(fleet.all('containers'))
    return performance.now() - began
  })
  const bytes = JSON.stringify(fleet.all('containers')).length
  return {
    title: `Fleet state with ${hostCount} hosts and ${hostCount * containersPerHost} containers`,
    rows: [
      ['first fill of all hosts', ms(filled)],
      ['relist of one host without a change: median', ms(percentile(relists, 0.5))],
      ['snapshot of all containers as JSON: median', ms(percentile(serialise, 0.5))],
      ['  its size', `${(bytes / 1e6).toFixed(1)} MB before compression`],
      ['heap for the objects', `${(heap / 1e6).toFixed(0)} MB`],
    ],
  }
}

const hostIdOf = (host: number) => `h${String(host).padStart(12, '0')}`

function make(host: number, index: number): Container {
  return {
    hostId: hostIdOf(host),
    id: `${host.toString(16).padStart(32, '0')}${index.toString(16).padStart(32, '0')}`,
    name: `service-${index}`,
    image: 'registry.example/team/service:1.2.3',
    imageId: `sha256:${'a'.repeat(64)}`,
    command: '/usr/bin/service --port 8080',
    createdAt: '2026-01-01T00:00:00Z',
    state: 'running',
    health: 'healthy',
    exitCode: null,
    oomKilled: false,
    startedAt: '2026-01-01T00:00:01Z',
    finishedAt: null,
    restartCount: 0,
    ports: [{ ip: '0.0.0.0', hostPort: 8000 + index, containerPort: 8080, protocol: 'tcp' }],
    networks: ['bridge'],
    labels: { 'com.docker.compose.project': 'shop', 'com.docker.compose.service': 'api', team: 'platform' },
    stack: 'shop',
    service: 'api',
    podId: null,
  }
}
