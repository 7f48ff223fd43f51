import { objectKey } from './apply-live.ts'
import type { Container } from './contracts/containers.ts'
import type { Host } from './contracts/hosts.ts'
import type { Image } from './contracts/images.ts'

export interface FleetTotals {
  hosts: { online: number; total: number; paused: number }
  containers: { total: number; running: number; unhealthy: number; paused: number; exited: number }
  /** Of the hosts whose engine told. */
  cpus: number
  memoryBytes: number
  /** Images that no container is made of: what removing them would free at most, layers being shared. */
  unusedImageBytes: number
}

export type HostProblem = 'unreachable' | 'unresponsive' | 'unauthorised' | 'certificateEnding'
export type ContainerProblem = 'oomKilled' | 'unhealthy' | 'restarting' | 'dead' | 'exitedWithError'

/** Something a person should look at; `at` is when it began (ISO 8601), null where the engine did not tell. */
export type Attention =
  | { key: string; problem: HostProblem; host: Host; at: string | null }
  | {
      key: string
      problem: ContainerProblem
      container: Container
      host: Host | undefined
      at: string | null
    }

const hour = 3_600_000
const certificateWarningDays = 30

export function fleetTotals(
  hosts: readonly Host[],
  containers: readonly Container[],
  images: readonly Image[],
): FleetTotals {
  const used = new Set(containers.map((container) => objectKey(container.hostId, container.imageId)))
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
  return {
    hosts: {
      online: hosts.filter((host) => host.state === 'online').length,
      total: hosts.length,
      paused: hosts.filter((host) => host.state === 'paused').length,
    },
    containers: {
      total: containers.length,
      running: containers.filter(({ state }) => state === 'running').length,
      unhealthy: containers.filter(({ state, health }) => state === 'running' && health === 'unhealthy')
        .length,
      paused: containers.filter(({ state }) => state === 'paused').length,
      exited: containers.filter(({ state }) => state === 'exited' || state === 'dead').length,
    },
    cpus: sum(hosts.map((host) => host.engine?.cpus ?? 0)),
    memoryBytes: sum(hosts.map((host) => host.engine?.memoryBytes ?? 0)),
    unusedImageBytes: sum(
      images.filter((image) => !used.has(objectKey(image.hostId, image.id))).map((image) => image.size),
    ),
  }
}

/** What is wrong with a host, or will be soon. A paused host is somebody's wish, a connecting one is on its way. */
export function hostProblem(host: Host, nowMs: number): HostProblem | null {
  const { state, transport } = host
  if (state === 'unreachable' || state === 'unresponsive' || state === 'unauthorised') return state
  if (state !== 'paused' && transport.kind === 'tls' && transport.certExpiresAt !== null) {
    const days = (Date.parse(transport.certExpiresAt) - nowMs) / (24 * hour)
    if (days < certificateWarningDays) return 'certificateEnding'
  }
  return null
}

/** SIGINT, SIGKILL and SIGTERM: somebody stopped it, which is no failure. Out of memory is told apart by its own flag. */
const stoppedByRequest = new Set([130, 137, 143])

/** What is wrong with a container: now, or within the last hour if it ended in failure. */
export function containerProblem(container: Container, nowMs: number): ContainerProblem | null {
  const { state, health, exitCode, finishedAt, oomKilled } = container
  if (state === 'running') return health === 'unhealthy' ? 'unhealthy' : null
  if (state === 'restarting' || state === 'dead') return state
  if (state !== 'exited' || finishedAt === null || nowMs - Date.parse(finishedAt) > hour) return null
  if (oomKilled) return 'oomKilled'
  return exitCode !== null && exitCode !== 0 && !stoppedByRequest.has(exitCode) ? 'exitedWithError' : null
}

/** Hosts first, since they explain the rest; then the worst, then the latest. */
const order: readonly (HostProblem | ContainerProblem)[] = [
  'unreachable',
  'unresponsive',
  'unauthorised',
  'oomKilled',
  'restarting',
  'unhealthy',
  'dead',
  'exitedWithError',
  'certificateEnding',
]

/**
 * All that needs attention, in the order to look at it. Containers of a host that is not online are left out: what is
 * known of them is old, and the host itself is listed.
 */
export function needsAttention(
  hosts: ReadonlyMap<string, Host>,
  scoped: readonly Host[],
  containers: readonly Container[],
  nowMs: number,
): Attention[] {
  const found: Attention[] = []
  for (const host of scoped) {
    const problem = hostProblem(host, nowMs)
    if (!problem) continue
    const ends = host.transport.kind === 'tls' ? host.transport.certExpiresAt : null
    found.push({ key: host.id, problem, host, at: problem === 'certificateEnding' ? ends : host.stateSince })
  }
  for (const container of containers) {
    const host = hosts.get(container.hostId)
    if (host && host.state !== 'online') continue
    const problem = containerProblem(container, nowMs)
    if (!problem) continue
    const ended = problem === 'oomKilled' || problem === 'exitedWithError' || problem === 'dead'
    found.push({
      key: objectKey(container.hostId, container.id),
      problem,
      container,
      host,
      // An engine does not tell since when a container is unhealthy.
      at: ended ? container.finishedAt : null,
    })
  }
  return found.sort(
    (a, b) => order.indexOf(a.problem) - order.indexOf(b.problem) || (b.at ?? '').localeCompare(a.at ?? ''),
  )
}
