import type { Acknowledgement, containerProblems } from '../contracts/attention.ts'
import type { Container } from '../contracts/containers.ts'
import type { Host } from '../contracts/hosts.ts'
import type { Image } from '../contracts/images.ts'
import { objectKey } from './apply-live.ts'
import { isOldOf, unreadOf } from './host-reading.ts'

export interface FleetTotals {
  hosts: { online: number; total: number; paused: number }
  containers: { total: number; running: number; unhealthy: number; paused: number; exited: number }
  /** Of the hosts whose engine told. */
  cpus: number
  memoryBytes: number
  /** Images that no container is made of: what removing them would free at most, layers being shared. */
  unusedImageBytes: number
}

export type HostProblem = 'unreachable' | 'unresponsive' | 'unauthorised' | 'unread' | 'certificateEnding'
export type ContainerProblem = (typeof containerProblems)[number]

/** Something a person should look at; `at` is when it began (ISO 8601), null where the engine did not tell. */
export type Attention = HostAttention | ContainerAttention
export interface HostAttention {
  key: string
  problem: HostProblem
  host: Host
  at: string | null
}
export interface ContainerAttention {
  key: string
  problem: ContainerProblem
  container: Container
  host: Host | undefined
  at: string | null
  /** Who has seen it; null: nobody yet. */
  acknowledged: Acknowledgement | null
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
  if (unreadOf(host)) return 'unread'
  if (state !== 'paused' && transport.kind === 'tls' && transport.certExpiresAt !== null) {
    const days = (Date.parse(transport.certExpiresAt) - nowMs) / (24 * hour)
    if (days < certificateWarningDays) return 'certificateEnding'
  }
  return null
}

/** SIGINT, SIGKILL and SIGTERM: somebody stopped it, which is no failure. Out of memory is told apart by its own flag. */
const stoppedByRequest = new Set([130, 137, 143])

/** What is wrong with a container, until it is well again: a crash of the night is there in the morning. */
export function containerProblem(container: Container): ContainerProblem | null {
  const { state, health, exitCode, oomKilled, error } = container
  if (state === 'running') return health === 'unhealthy' ? 'unhealthy' : null
  if (state === 'restarting' || state === 'dead') return state
  if (state === 'created') return error ? 'startFailed' : null
  if (state !== 'exited') return null
  if (oomKilled) return 'oomKilled'
  return exitCode !== null && exitCode !== 0 && !stoppedByRequest.has(exitCode) ? 'exitedWithError' : null
}

/** What is wrong with a container and when that was, which together are one failure; null where nothing is. */
export function containerAttention(
  container: Container,
): { problem: ContainerProblem; at: string | null } | null {
  const problem = containerProblem(container)
  if (!problem) return null
  const ended = problem === 'oomKilled' || problem === 'exitedWithError' || problem === 'dead'
  // An engine does not tell since when a container is unhealthy.
  return {
    problem,
    at: problem === 'startFailed' ? container.createdAt : ended ? container.finishedAt : null,
  }
}

/** Hosts first, since they explain the rest; then the worst, then the latest. */
const order: readonly (HostProblem | ContainerProblem)[] = [
  'unreachable',
  'unresponsive',
  'unauthorised',
  'unread',
  'oomKilled',
  'restarting',
  'unhealthy',
  'dead',
  'startFailed',
  'exitedWithError',
  'certificateEnding',
]

/**
 * All that needs attention, in the order to look at it. Containers of a host that is away, or whose list fails, are left
 * out: what is known of them is old, and the host itself is listed.
 * @param acknowledged what people have seen, by `objectKey`
 */
export function needsAttention(
  hosts: ReadonlyMap<string, Host>,
  scoped: readonly Host[],
  containers: readonly Container[],
  acknowledged: ReadonlyMap<string, Acknowledgement>,
  nowMs: number,
): Attention[] {
  const found: Attention[] = []
  for (const host of scoped) {
    const problem = hostProblem(host, nowMs)
    if (!problem) continue
    const ends = host.transport.kind === 'tls' ? host.transport.certExpiresAt : null
    const since = problem === 'unread' ? (unreadOf(host)?.since ?? null) : host.stateSince
    found.push({ key: host.id, problem, host, at: problem === 'certificateEnding' ? ends : since })
  }
  for (const container of containers) {
    const host = hosts.get(container.hostId)
    if (host && isOldOf(host, 'containers')) continue
    const wrong = containerAttention(container)
    if (!wrong) continue
    const key = objectKey(container.hostId, container.id)
    const entry = acknowledged.get(key)
    const isSeen = entry !== undefined && entry.problem === wrong.problem && entry.at === wrong.at
    found.push({ key, ...wrong, container, host, acknowledged: isSeen ? entry : null })
  }
  return found.sort(
    (a, b) => order.indexOf(a.problem) - order.indexOf(b.problem) || (b.at ?? '').localeCompare(a.at ?? ''),
  )
}

/** Whether somebody has seen it: it asks for nobody else's attention then. */
export const isSeen = (item: Attention): boolean => 'container' in item && item.acknowledged !== null

/** What stands in one row: the same failure of containers of one name, on however many hosts; each other thing alone. */
export interface AttentionGroup {
  key: string
  first: Attention
  items: readonly Attention[]
}

/** In the order of the first of each. */
export function groupAttention(items: readonly Attention[]): AttentionGroup[] {
  const groups = new Map<string, Attention[]>()
  for (const item of items) {
    const key =
      'container' in item
        ? JSON.stringify([item.problem, item.container.name, item.container.exitCode])
        : item.key
    const group = groups.get(key)
    if (group) group.push(item)
    else groups.set(key, [item])
  }
  return [...groups].map(([key, group]) => ({ key, first: group[0] as Attention, items: group }))
}
