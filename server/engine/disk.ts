import { imageId } from './compat.ts'
import { type EngineContext } from './context.ts'
import { understood } from './errors.ts'
import { sendForJson } from './request.ts'
import type { CallOptions } from './types.ts'

/** `GET /system/df` in one shape. Sizes are bytes. */
export interface DiskUsage {
  /** All layers once; 0 where the engine does not tell (Podman 4). */
  layers: number
  images: { id: string; tags: string[]; size: number; shared: number }[]
  containers: {
    id: string
    name: string
    state: string
    size: number
    imageId: string
    /** Names of its volumes; null where the engine does not tell. */
    volumes: string[] | null
  }[]
  volumes: { name: string; size: number; users: number; isAnonymous: boolean }[]
  /** Null where there is none of its own. */
  buildCache: { count: number; size: number; reclaimable: number } | null
}

export interface DiskCalls {
  /** Takes seconds on a big host: the engine adds up files. */
  diskUsage(options?: CallOptions): Promise<DiskUsage>
  /** Docker alone. Bytes that were freed. */
  pruneBuildCache(options?: CallOptions): Promise<number>
}

interface DiskAnswer {
  LayersSize?: number
  Images?: { Id: string; RepoTags?: string[] | null; Size?: number; SharedSize?: number }[] | null
  Containers?:
    | {
        Id: string
        Names?: string[]
        State?: string
        SizeRw?: number
        ImageID?: string
        Mounts?: { Type?: string; Name?: string }[] | null
      }[]
    | null
  Volumes?:
    | {
        Name: string
        Labels?: Record<string, string> | null
        UsageData?: { RefCount?: number; Size?: number } | null
      }[]
    | null
  BuildCache?: { Size?: number; InUse?: boolean; Shared?: boolean }[] | null
}

/** Milliseconds; adding up a disk full of small files takes its time. */
const usageMs = 180_000

export function createDiskCalls({ transport, isPodman, docker, json }: EngineContext): DiskCalls {
  return {
    async diskUsage(options) {
      const found = await json<DiskAnswer>(docker('/system/df'), { timeoutMs: usageMs }, options)
      return understood(() => normalise(found, isPodman()))
    },
    async pruneBuildCache(options) {
      const { json: pruned } = await sendForJson<{ SpaceReclaimed?: number }>(transport, {
        method: 'POST',
        path: docker('/build/prune'),
        query: { all: true },
        timeoutMs: usageMs,
        ...(options?.signal ? { signal: options.signal } : {}),
      })
      return pruned?.SpaceReclaimed ?? 0
    },
  }
}

function normalise(found: DiskAnswer, podman: boolean): DiskUsage {
  const cache = found.BuildCache ?? []
  const sum = (rows: { Size?: number }[]) => rows.reduce((total, { Size = 0 }) => total + Size, 0)
  return {
    layers: found.LayersSize ?? 0,
    images: (found.Images ?? []).map(({ Id, RepoTags, Size = 0, SharedSize = 0 }) => ({
      id: imageId(Id),
      tags: (RepoTags ?? []).filter((tag) => !/<none>|@/.test(tag)),
      size: Size,
      // -1: not calculated.
      shared: Math.max(0, SharedSize),
    })),
    containers: (found.Containers ?? []).map(({ Id, Names, State, SizeRw = 0, ImageID = '', Mounts }) => ({
      id: Id,
      name: (Names?.[0] ?? '').replace(/^\//, ''),
      state: State ?? '',
      size: SizeRw,
      imageId: imageId(ImageID),
      volumes: Mounts ? Mounts.flatMap(({ Type, Name }) => (Type === 'volume' && Name ? [Name] : [])) : null,
    })),
    volumes: (found.Volumes ?? []).map(({ Name, Labels, UsageData }) => ({
      name: Name,
      size: Math.max(0, UsageData?.Size ?? 0),
      users: UsageData?.RefCount ?? 1,
      isAnonymous: 'com.docker.volume.anonymous' in (Labels ?? {}) || /^[0-9a-f]{64}$/.test(Name),
    })),
    buildCache: podman
      ? null
      : { count: cache.length, size: sum(cache), reclaimable: sum(cache.filter(({ InUse }) => !InUse)) },
  }
}
