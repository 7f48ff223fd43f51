import type { z } from 'zod'
import type { Task, TaskOptions } from '#lib/contracts/tasks.ts'
import type {
  Volume,
  VolumeDetail,
  VolumeSizes,
  volumeCreateSchema,
  volumeRemoveSchema,
} from '#lib/contracts/volumes.ts'
import type { VisibilityOf } from '../../access/visibility.ts'
import { authorizeAct } from '../../acts/authorize-act.ts'
import type { EngineClient } from '../../engine/types.ts'
import { AppError } from '../../errors.ts'
import type { MemoryFleet } from '../../fleet/fleet-state.ts'
import type { HostRegistry } from '../../fleet/host-registry.ts'
import type { Authorize, Principal } from '../../principal/principal.ts'
import type { TaskService } from '../../tasks/types.ts'
import { actOfVolume, createKind, newVolume, removeKind } from './tasks.ts'

export interface VolumeParts {
  fleet: MemoryFleet
  registry: HostRegistry
  authorize: Authorize
  visibilityOf: VisibilityOf
}

export interface VolumeRef {
  hostId: string
  name: string
}

export interface VolumeService {
  /**
   * One volume with what only its engine knows. Throws volume_not_found also for what is not seen.
   * @param reveal with the values of the driver's options; for who may reveal on the whole host
   */
  inspect(principal: Principal, ref: VolumeRef, reveal: boolean, signal: AbortSignal): Promise<VolumeDetail>
  /** Of those that are seen, as the engine adds them up now; who asks meanwhile gets the same. */
  sizes(principal: Principal, hostId: string): Promise<VolumeSizes>
  /** Throws denied for a host where the person may not make such a one. */
  create(
    principal: Principal,
    input: z.output<typeof volumeCreateSchema>,
    options: TaskOptions,
  ): Promise<Task>
  remove(
    principal: Principal,
    input: z.output<typeof volumeRemoveSchema>,
    options: TaskOptions,
  ): Promise<Task>
}

/** Containers that are asked where they have a volume: more are counted. */
const mostUsers = 50

export function createVolumeService({
  fleet,
  registry,
  authorize,
  visibilityOf,
  tasks,
}: VolumeParts & { tasks: TaskService }): VolumeService {
  /** By host, while an engine adds up. */
  const adding = new Map<string, Promise<VolumeSizes>>()
  const find = (principal: Principal, { hostId, name }: VolumeRef): Volume => {
    const volume = fleet.get('volumes', hostId, name)
    if (!volume || !visibilityOf(principal).volume(volume))
      throw new AppError('volume_not_found', { hostId, objectId: name, params: { name } })
    return volume
  }
  return {
    async inspect(principal, ref, reveal, signal) {
      const { hostId, name } = ref
      authorizeAct(authorize, principal, 'host.view', { hostId })
      const volume = find(principal, ref)
      if (reveal) authorizeAct(authorize, principal, 'container.reveal', { hostId, hostWide: true })
      const engine = registry.engine(hostId)
      const found = await engine.volumes.findExact(name, { signal })
      if (!found) throw new AppError('volume_not_found', { hostId, objectId: name, params: { name } })
      const { container: isSeen } = visibilityOf(principal)
      const users = fleet
        .all('containers', hostId)
        .filter((container) => container.volumes?.includes(name) && isSeen(container))
        .map(({ id }) => id)
      const mounts = await Promise.all(
        users.slice(0, mostUsers).map((id) => mountsOf(engine, id, name, signal)),
      )
      const { options, mountpoint, scope } = found
      return {
        volume,
        mountpoint,
        scope,
        options: reveal ? options : Object.fromEntries(Object.keys(options).map((each) => [each, ''])),
        mounts: mounts.flat(),
        moreMounts: users.length > mostUsers,
      }
    },
    async sizes(principal, hostId) {
      authorizeAct(authorize, principal, 'host.view', { hostId })
      const visibility = visibilityOf(principal)
      const under =
        adding.get(hostId) ??
        readSizes(registry.engine(hostId)).finally(() => {
          adding.delete(hostId)
        })
      adding.set(hostId, under)
      const { readAt, sizes } = await under
      const seen = fleet.all('volumes', hostId).filter(visibility.volume)
      return {
        readAt,
        sizes: Object.fromEntries(seen.flatMap(({ id }) => (id in sizes ? [[id, sizes[id] ?? null]] : []))),
      }
    },
    async create(principal, input, options) {
      const act = actOfVolume(newVolume(input))
      for (const hostId of input.hostIds) {
        authorizeAct(authorize, principal, act, { hostId })
        registry.get(hostId)
      }
      return tasks.start(principal, createKind, input, options)
    },
    async remove(principal, input, options) {
      for (const { hostId } of input.volumes) authorizeAct(authorize, principal, 'volume.remove', { hostId })
      return tasks.start(principal, removeKind, input, options)
    },
  }
}

async function readSizes(engine: EngineClient): Promise<VolumeSizes> {
  const sizes = await engine.volumes.sizes()
  return { readAt: new Date().toISOString(), sizes }
}

/** Where one container has a volume; nothing of one that went meanwhile. */
async function mountsOf(
  engine: EngineClient,
  containerId: string,
  name: string,
  signal: AbortSignal,
): Promise<VolumeDetail['mounts']> {
  const document = await engine.containers.inspect(containerId, { signal }).catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'container_not_found') return {}
    throw error
  })
  const { Mounts } = document as {
    Mounts?: { Type?: string; Name?: string; Destination?: string; RW?: boolean }[] | null
  }
  return (Mounts ?? []).flatMap(({ Type, Name, Destination = '', RW }) =>
    Type === 'volume' && Name === name
      ? [{ containerId, destination: Destination, readOnly: RW === false }]
      : [],
  )
}
