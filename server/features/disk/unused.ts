import type { Container } from '#lib/contracts/containers.ts'
import type { Disk, Unused } from '#lib/contracts/disk.ts'
import type { Network } from '#lib/contracts/networks.ts'
import type { DiskUsage } from '../../engine/disk.ts'

/** States in which a container is not at work: what `prune` of the engines takes. */
const stopped: ReadonlySet<string> = new Set(['created', 'exited', 'dead', 'configured', 'stopped'])
/** Networks that engines make for themselves. */
const own: ReadonlySet<string> = new Set(['bridge', 'host', 'none', 'podman', 'docker_gwbridge', 'ingress'])

/** What lies on the disk and what of it nothing uses, from the engine's figures and what is known of the host. */
export function diskOf(
  usage: DiskUsage,
  known: {
    /** Null where they, or the containers in them, cannot be read: then none is known to be unused. */
    networks: readonly Network[] | null
    containers: readonly Container[]
    names: ReadonlyMap<string, string[]>
  },
): Omit<Disk, 'failed'> {
  const { images, containers, volumes, buildCache } = usage
  const unused = {
    containers: containers
      .filter(({ state }) => stopped.has(state))
      .map(({ id, name, size }) => ({ id, name, size, nameless: false, heldBy: [] })),
    images: images.flatMap((image): Unused[] => {
      const heldBy = holders(containers.filter(({ imageId }) => imageId === image.id))
      if (heldBy === null) return []
      // Podman 4 cuts the names in this answer.
      const tags = known.names.get(image.id) ?? image.tags
      return [
        {
          id: image.id,
          name: tags.join(', '),
          size: Math.max(0, image.size - image.shared),
          nameless: tags.length === 0,
          heldBy,
        },
      ]
    }),
    volumes: volumes.flatMap(({ name, size, users, isAnonymous }): Unused[] => {
      const using = containers.filter((container) => container.volumes?.includes(name))
      const heldBy = users === 0 ? [] : using.length === users ? holders(using) : null
      return heldBy === null ? [] : [{ id: name, name, size, nameless: isAnonymous, heldBy }]
    }),
    networks: (known.networks ?? [])
      .filter(({ name }) => !own.has(name))
      .flatMap(({ id, name }): Unused[] => {
        const heldBy = holders(known.containers.filter(({ networks }) => networks.includes(name)))
        return heldBy === null ? [] : [{ id, name, size: 0, nameless: false, heldBy }]
      }),
    buildCache:
      buildCache && buildCache.reclaimable > 0
        ? [{ id: '', name: '', size: buildCache.reclaimable, nameless: true, heldBy: [] }]
        : [],
  }
  const reclaimable = (rows: readonly Unused[]) =>
    rows.filter(({ heldBy }) => heldBy.length === 0).reduce((sum, { size }) => sum + size, 0)
  const total = (rows: readonly { size: number }[]) => rows.reduce((sum, { size }) => sum + size, 0)
  return {
    usage: {
      images: {
        count: images.length,
        size: usage.layers || atLeast(images),
        reclaimable: reclaimable(unused.images),
      },
      containers: {
        count: containers.length,
        size: total(containers),
        reclaimable: reclaimable(unused.containers),
      },
      volumes: { count: volumes.length, size: total(volumes), reclaimable: reclaimable(unused.volumes) },
      buildCache,
    },
    unused,
  }
}

/**
 * The engine's figures without containers that somebody may not see, before anything is worked out of them: what only such
 * a container uses is as what nothing uses, and comes to the same as without it.
 */
export function usageInSight(usage: DiskUsage, sees: (containerId: string) => boolean): DiskUsage {
  const containers = usage.containers.filter(({ id }) => sees(id))
  const users = (name: string) => containers.filter(({ volumes }) => volumes?.includes(name)).length
  return {
    ...usage,
    containers,
    volumes: usage.volumes.map((volume) => ({ ...volume, users: users(volume.name) })),
  }
}

/** Kinds that somebody may not see are empty, and not told as nothing. */
export function kindsInSight(
  { usage, unused }: Omit<Disk, 'failed'>,
  sees: (kind: 'images' | 'volumes' | 'networks') => boolean,
): Omit<Disk, 'failed'> {
  const [images, volumes] = [sees('images'), sees('volumes')]
  return {
    usage: {
      images: images ? usage.images : null,
      containers: usage.containers,
      volumes: volumes ? usage.volumes : null,
      buildCache: images ? usage.buildCache : null,
    },
    unused: {
      containers: unused.containers,
      images: images ? unused.images : [],
      volumes: volumes ? unused.volumes : [],
      networks: sees('networks') ? unused.networks : [],
      buildCache: images ? unused.buildCache : [],
    },
  }
}

/** Podman 4 does not add its layers up: what each image has alone, and the most that two have in common. */
function atLeast(images: DiskUsage['images']): number {
  const alone = images.reduce((sum, { size, shared }) => sum + Math.max(0, size - shared), 0)
  return alone + Math.max(0, ...images.map(({ shared }) => shared))
}

/** The stopped ones; null when one of them is at work. */
function holders(using: readonly { id: string; state: string }[]): string[] | null {
  return using.every(({ state }) => stopped.has(state)) ? using.map(({ id }) => id) : null
}

/** Bytes of everything. */
export function sizeOf({ usage }: Pick<Disk, 'usage'>): number {
  return [usage.images, usage.containers, usage.volumes, usage.buildCache].reduce(
    (sum, kind) => sum + (kind?.size ?? 0),
    0,
  )
}
