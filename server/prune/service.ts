import type { z } from 'zod'
import { type Disk, pruneInputSchema, type pruneStartSchema } from '#lib/contracts/disk.ts'
import type { Task, TaskStep } from '#lib/contracts/tasks.ts'
import type { Permission } from '#lib/permissions.ts'
import type { Sight, SightOf } from '../auth/sight.ts'
import type { Authorize, Principal } from '../auth/types.ts'
import type { EngineClient } from '../engine/types.ts'
import { AppError } from '../errors.ts'
import type { HostRegistry } from '../hosts/types.ts'
import type { MemoryFleet } from '../live/fleet-state.ts'
import { defineTask, type PlannedStep, type TaskDefinition, type TaskService } from '../tasks/types.ts'
import { diskInSight, diskOf, sizeOf } from './unused.ts'

type HostInput = z.output<typeof pruneInputSchema>['hosts'][number]
type ListedKind = 'containers' | 'images' | 'volumes' | 'networks'

interface Parts {
  fleet: MemoryFleet
  registry: HostRegistry
  authorize: Authorize
  sightOf: SightOf
}

export interface PruneService {
  /** Figures of one host, asked of its engine now. */
  disk(principal: Principal, hostId: string, signal: AbortSignal): Promise<Disk>
  /** Removes what was shown, as a task with a step for each host. Throws denied, task_empty. */
  start(principal: Principal, input: z.output<typeof pruneStartSchema>): Promise<Task>
}

export const pruneKind = 'prune'
/** In the order in which they let go of each other. */
const kinds: readonly ListedKind[] = ['containers', 'images', 'volumes', 'networks']
const permissionOf: Record<ListedKind, Permission> = {
  ...{ containers: 'containers.prune', images: 'images.prune' },
  ...{ volumes: 'volumes.prune', networks: 'networks.prune' },
}

export function createPruneService({ tasks, ...parts }: Parts & { tasks: TaskService }): PruneService {
  return {
    async disk(principal, hostId, signal) {
      parts.authorize(principal, 'hosts.view', { hostId })
      return readDisk(parts, hostId, signal, parts.sightOf(principal))
    },
    async start(principal, { width, stopOnFailure, hosts }) {
      for (const host of hosts) authorizeHost(parts.authorize, principal, host)
      const wanted = hosts.filter((host) => host.buildCache || kinds.some((kind) => host[kind].length > 0))
      if (wanted.length === 0) throw new AppError('task_empty')
      return tasks.start(principal, pruneKind, { hosts: wanted }, { width, stopOnFailure })
    },
  }
}

function authorizeHost(authorize: Authorize, principal: Principal, host: HostInput): void {
  const { hostId } = host
  for (const kind of kinds) if (host[kind].length > 0) authorize(principal, permissionOf[kind], { hostId })
  if (host.buildCache) authorize(principal, 'images.prune', { hostId })
}

/** The kind of task that removes what nothing uses. Nothing is forced: what is in use by now stays, and is counted. */
export function pruneTask(parts: Parts): TaskDefinition {
  return defineTask({
    kind: pruneKind,
    input: pruneInputSchema,
    params: ({ hosts }) => ({ count: hosts.length }),
    plan: ({ hosts }, principal) =>
      hosts.map(
        (host): PlannedStep => ({
          ...{ key: `prune ${host.hostId}`, hostId: host.hostId, subject: '', verb: 'prune' },
          permission: 'hosts.view',
          async run({ signal, progress }) {
            authorizeHost(parts.authorize, principal, host)
            const sight = parts.sightOf(principal)
            return pruneHost(parts, seen(parts, sight, host), signal, progress)
          },
        }),
      ),
  })
}

/** Of a container that somebody may not see, no more is done than of one that is not there. */
function seen({ fleet }: Parts, sight: Sight, host: HostInput): HostInput {
  if (sight.everything) return host
  const isSeen = (id: string) => {
    const container = fleet.get('containers', host.hostId, id)
    return container !== undefined && sight.container(container)
  }
  return { ...host, containers: host.containers.filter(isSeen) }
}

async function pruneHost(
  parts: Parts,
  host: HostInput,
  signal: AbortSignal,
  progress: (bars: TaskStep['progress']) => void,
): Promise<Record<string, number>> {
  const { hostId } = host
  const engine = parts.registry.engine(hostId)
  const before = await readDisk(parts, hostId, signal)
  const bars = kinds
    .filter((kind) => host[kind].length > 0)
    .map((kind) => ({
      id: kind,
      label: kind,
      current: 0,
      total: host[kind].length,
      unit: 'objects' as const,
    }))
  const result: Record<string, number> = {}
  let kept = 0
  for (const kind of kinds) {
    let removed = 0
    for (const id of host[kind]) {
      signal.throwIfAborted()
      if (await remove(parts, engine, hostId, kind, id)) removed++
      else kept++
      const bar = bars.find((one) => one.id === kind)
      if (bar) bar.current++
      progress(bars.map((one) => ({ ...one })))
    }
    if (removed > 0) result[kind] = removed
  }
  if (host.buildCache && engine.info?.flavour === 'docker') await engine.pruneBuildCache({ signal })
  const after = await readDisk(parts, hostId, signal)
  result.freed = Math.max(0, sizeOf(before) - sizeOf(after))
  if (kept > 0) result.kept = kept
  return result
}

/** False when the engine does not let go of it: it is in use again. Throws when the host is gone. */
async function remove(
  { fleet }: Parts,
  engine: EngineClient,
  hostId: string,
  kind: ListedKind,
  id: string,
): Promise<boolean> {
  try {
    if (kind === 'containers') await engine.removeContainer(id, { force: false, volumes: false })
    else if (kind === 'volumes') await engine.removeVolume(id)
    else if (kind === 'networks') await engine.removeNetwork(id)
    else {
      // By its tags, one by one: by id an engine refuses one with several.
      const tags = fleet.get('images', hostId, id)?.tags ?? []
      for (const reference of tags.length > 0 ? tags : [id])
        await engine.removeImage(reference, { force: false, noprune: false })
    }
    return true
  } catch (error) {
    const reachable = error instanceof AppError && !error.code.startsWith('host_') && error.status < 504
    if (!reachable) throw error
    return false
  }
}

async function readDisk(
  { fleet, registry }: Parts,
  hostId: string,
  signal: AbortSignal,
  sight?: Sight,
): Promise<Disk> {
  const usage = await registry.engine(hostId).diskUsage({ signal })
  const mine = <T extends { hostId: string }>(objects: readonly T[]) =>
    objects.filter((object) => object.hostId === hostId)
  const names = new Map(mine(fleet.all('images')).map((image) => [image.id, image.tags]))
  const containers = mine(fleet.all('containers'))
  const disk = diskOf(usage, { networks: mine(fleet.all('networks')), containers, names })
  if (!sight || sight.everything) return disk
  const shown = new Set(containers.filter(sight.container).map(({ id }) => id))
  return diskInSight(disk, usage, {
    container: (id) => shown.has(id),
    objects: (kind) => sight.objects(kind, hostId),
  })
}
