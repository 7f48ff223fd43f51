import type { z } from 'zod'
import type { ActName } from '#lib/acts.ts'
import { type Disk, pruneInputSchema, type pruneStartSchema } from '#lib/contracts/disk.ts'
import type { TaskResult } from '#lib/contracts/task-kinds.ts'
import type { Task, TaskStep } from '#lib/contracts/tasks.ts'
import type { Visibility, VisibilityOf } from '../../access/visibility.ts'
import { seenHost } from '../../access/visible-fleet.ts'
import { authorizeAct } from '../../acts/authorize-act.ts'
import type { DiskUsage } from '../../engine/disk.ts'
import type { EngineClient } from '../../engine/types.ts'
import { AppError } from '../../errors.ts'
import type { MemoryFleet } from '../../fleet/fleet-state.ts'
import type { HostRegistry } from '../../fleet/host-registry.ts'
import type { Authorize, Principal } from '../../principal/principal.ts'
import { KnownEnd } from '../../tasks/change.ts'
import { defineTask, type PlannedStep, type TaskDefinition, type TaskService } from '../../tasks/types.ts'
import { takenUpPrune } from './outcome.ts'
import { diskOf, kindsInSight, sizeOf, usageInSight } from './unused.ts'

type HostInput = z.output<typeof pruneInputSchema>['hosts'][number]
type ListedKind = 'containers' | 'images' | 'volumes' | 'networks'

export interface Parts {
  fleet: MemoryFleet
  registry: HostRegistry
  authorize: Authorize
  visibilityOf: VisibilityOf
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
const actOfKind: Record<ListedKind, ActName> = {
  containers: 'container.prune',
  images: 'image.prune',
  volumes: 'volume.prune',
  networks: 'network.prune',
}

export function createPruneService({ tasks, ...parts }: Parts & { tasks: TaskService }): PruneService {
  return {
    async disk(principal, hostId, signal) {
      authorizeAct(parts.authorize, principal, 'host.view', { hostId })
      return readDisk(parts, hostId, signal, parts.visibilityOf(principal))
    },
    async start(principal, { width, stopOnFailure, hosts }) {
      for (const host of hosts) authorizeHost(parts, principal, host)
      const wanted = hosts.filter((host) => host.buildCache || kinds.some((kind) => host[kind].length > 0))
      if (wanted.length === 0) throw new AppError('task_empty')
      return tasks.start(principal, pruneKind, { hosts: wanted }, { width, stopOnFailure })
    },
  }
}

/** Of a container that is denied, nothing at all is done; one that is not seen is as one that is not there. */
function authorizeHost(
  { authorize, fleet, visibilityOf }: Parts,
  principal: Principal,
  host: HostInput,
): void {
  const { hostId } = host
  for (const kind of kinds)
    if (host[kind].length > 0) authorizeAct(authorize, principal, actOfKind[kind], { hostId })
  for (const objectId of host.containers.filter(isSeen(fleet, visibilityOf(principal), hostId)))
    authorizeAct(authorize, principal, actOfKind.containers, { hostId, objectId })
  if (host.buildCache) authorizeAct(authorize, principal, 'image.buildPrune', { hostId })
}

/** The kind of task that removes what nothing uses. Nothing is forced: what is in use by now stays, and is counted. */
export function pruneTask(parts: Parts): TaskDefinition {
  return defineTask({
    kind: pruneKind,
    params: ({ hosts }) => ({ count: hosts.length }),
    plan: ({ hosts }, principal) =>
      hosts.map(
        (host): PlannedStep<TaskResult<'prune'>> => ({
          key: `prune ${host.hostId}`,
          hostId: host.hostId,
          subject: '',
          verb: 'prune',
          act: 'host.view',
          kept: () => host,
          async run({ signal, progress }) {
            authorizeHost(parts, principal, host)
            const visibility = parts.visibilityOf(principal)
            return pruneHost(parts, seen(parts.fleet, visibility, host), signal, progress)
          },
        }),
      ),
    takeUp: takenUpPrune,
  })
}

const isSeen = (fleet: MemoryFleet, visibility: Visibility, hostId: string) => (id: string) => {
  const container = fleet.get('containers', hostId, id)
  return container !== undefined && visibility.container(container)
}

/** Of a container that somebody may not see, no more is done than of one that is not there. */
function seen(fleet: MemoryFleet, visibility: Visibility, host: HostInput): HostInput {
  if (visibility.everything) return host
  return { ...host, containers: host.containers.filter(isSeen(fleet, visibility, host.hostId)) }
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
  const result: TaskResult<'prune'> = {}
  const gone = new Set<string>()
  // An engine lets go of one of an image's two names, and Docker of a network, although a container has them that is not
  // at work: who was shown them does not see it, or it has come since.
  const isFree = (kind: ListedKind, id: string) => {
    if (kind !== 'images' && kind !== 'networks') return true
    const row = before.unused[kind].find((each) => each.id === id)
    return row?.heldBy.every((holder) => gone.has(holder)) ?? false
  }
  let kept = 0
  let refused: AppError | null = null
  try {
    for (const kind of kinds) {
      let removed = 0
      for (const id of host[kind]) {
        signal.throwIfAborted()
        const outcome = isFree(kind, id) ? await remove(parts, engine, hostId, kind, id) : 'kept'
        if (outcome instanceof AppError) refused ??= outcome
        else if (outcome === 'kept') kept++
        else gone.add(id)
        if (outcome === 'removed') removed++
        const bar = bars.find((one) => one.id === kind)
        if (bar) bar.current++
        progress(bars.map((one) => ({ ...one })))
      }
      if (removed > 0) result[kind] = removed
    }
  } catch (error) {
    throw signal.reason?.code === 'task_cancelled' && gone.size > 0
      ? Object.assign(unfinished(host, gone, error), { isCancelled: true })
      : error
  }
  if (host.buildCache && engine.info?.flavour === 'docker') await engine.system.pruneBuildCache({ signal })
  if (refused) throw gone.size > 0 ? unfinished(host, gone, refused) : refused
  const after = await readDisk(parts, hostId, signal)
  result.freed = Math.max(0, sizeOf(before) - sizeOf(after))
  if (kept > 0) result.kept = kept
  return result
}

/** Of a prune that stops, or goes on without some of it: what went is told, and why the rest did not. */
function unfinished(host: HostInput, gone: ReadonlySet<string>, cause: unknown): KnownEnd {
  const asked = kinds.flatMap((kind) => host[kind]).length
  const detail = cause instanceof AppError ? cause.context.detail : undefined
  return new KnownEnd('prune_unfinished', {
    params: { gone: gone.size, left: asked - gone.size },
    ...(detail ? { detail } : {}),
    cause,
  })
}

/**
 * 'kept' is what the engine does not let go of since it is in use again, 'absent' what went before. What an engine refuses for
 * a reason of its own (a full disk) is returned, since the others may go. Throws when the host is gone.
 */
async function remove(
  { fleet }: Parts,
  engine: EngineClient,
  hostId: string,
  kind: ListedKind,
  id: string,
): Promise<'removed' | 'absent' | 'kept' | AppError> {
  try {
    if (kind === 'containers') await engine.containers.remove(id, { force: false, volumes: false })
    else if (kind === 'volumes') await engine.volumes.remove(id)
    else if (kind === 'networks') await engine.networks.remove(id)
    else {
      // It is never offered: nothing is made of it, and its size is that of a document.
      if (fleet.get('images', hostId, id)?.platforms) return 'kept'
      // By its tags, one by one: by id an engine refuses one with several.
      const tags = fleet.get('images', hostId, id)?.tags ?? []
      for (const reference of tags.length > 0 ? tags : [id])
        await engine.images.remove(reference, { force: false, noprune: false })
    }
    return 'removed'
  } catch (error) {
    const answered =
      error instanceof AppError &&
      !error.code.startsWith('host_') &&
      (error.status < 504 || error.code === 'engine_disk_full')
    if (!answered) throw error
    // By what the engine answered: volumes and networks that are gone have no code of their own.
    if (error.context.params?.status === 404) return 'absent'
    return error.status === 409 ? 'kept' : error
  }
}

async function readDisk(
  { fleet, registry }: Parts,
  hostId: string,
  signal: AbortSignal,
  visibility?: Visibility,
): Promise<Disk> {
  const engine = registry.engine(hostId)
  const all = await engine.system.diskUsage({ signal })
  const isList = ({ id }: { id: string }) => fleet.get('images', hostId, id)?.platforms != null
  const usage = { ...all, images: all.images.filter((image) => !isList(image)) }
  const names = new Map(fleet.all('images', hostId).map((image) => [image.id, image.tags]))
  const containers = fleet.all('containers', hostId)
  const host = registry.get(hostId)
  const { reading, syncedAt } = visibility ? seenHost(visibility, host) : host
  const failed = reading.failed.filter(
    ({ kind }) => kind === 'containers' || !visibility || visibility.objects(kind, hostId),
  )
  const isRead = (kind: ListedKind) => syncedAt !== null && !reading.failed.some((each) => each.kind === kind)
  const networks = isRead('networks') && isRead('containers') ? fleet.all('networks', hostId) : null
  if (!visibility || visibility.everything || visibility.mayHostWide('containers.view', hostId)) {
    const disk = diskOf(usage, { networks, containers, names })
    return { ...(visibility ? kindsInSight(disk, (kind) => visibility.objects(kind, hostId)) : disk), failed }
  }
  const seen = containers.filter(visibility.container)
  const shown = new Set(seen.map(({ id }) => id))
  const told = usageInSight(await withVolumes(engine, usage, signal), (id) => shown.has(id))
  const disk = diskOf(told, { networks, containers: seen, names })
  return { ...kindsInSight(disk, (kind) => visibility.objects(kind, hostId)), failed }
}

/** Podman says how many use a volume, and of each one which they are only when it is asked. */
async function withVolumes(engine: EngineClient, usage: DiskUsage, signal: AbortSignal): Promise<DiskUsage> {
  if (usage.containers.every(({ volumes }) => volumes !== null)) return usage
  const used = new Map<string, string[]>()
  for (const { name, users } of usage.volumes)
    if (users > 0)
      for (const id of await engine.volumes.users(name, { signal }))
        used.set(id, [...(used.get(id) ?? []), name])
  const containers = usage.containers.map((one) => ({
    ...one,
    volumes: one.volumes ?? used.get(one.id) ?? [],
  }))
  return { ...usage, containers }
}
