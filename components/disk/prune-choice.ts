import type { PrunableKind, PruneInput, Unused } from '#lib/contracts/disk.ts'
import type { Permission } from '#lib/permissions.ts'
import type { HostDisk } from './use-disks.ts'

/** Of a host as a whole. */
export const prunePermissions: Record<PrunableKind, Permission> = {
  ...{ containers: 'containers.prune', images: 'images.prune', buildCache: 'images.prune' },
  ...{ volumes: 'volumes.prune', networks: 'networks.prune' },
}

export interface Choice {
  kinds: ReadonlySet<PrunableKind>
  /** Only images without a tag, only volumes without a name. */
  onlyNameless: { images: boolean; volumes: boolean }
  may(kind: PrunableKind, hostId: string): boolean
}

export interface ChosenHost {
  one: HostDisk
  items: Record<PrunableKind, Unused[]>
}

/** What goes: of the chosen kinds, and held by nothing, or only by containers that go too. */
export function chosenOf(disks: readonly HostDisk[], { kinds, onlyNameless, may }: Choice): ChosenHost[] {
  return disks.flatMap((one) => {
    const { disk } = one
    if (!disk) return []
    const goes = (kind: PrunableKind): Unused[] =>
      kinds.has(kind) && may(kind, one.host.id)
        ? disk.unused[kind].filter(
            ({ nameless, heldBy }) =>
              (heldBy.length === 0 || (kinds.has('containers') && may('containers', one.host.id))) &&
              (nameless || !(kind === 'images' || kind === 'volumes') || !onlyNameless[kind]),
          )
        : []
    const items = {
      ...{ containers: goes('containers'), images: goes('images'), volumes: goes('volumes') },
      ...{ networks: goes('networks'), buildCache: goes('buildCache') },
    }
    return Object.values(items).some((list) => list.length > 0) ? [{ one, items }] : []
  })
}

export function pruneInputOf(chosen: readonly ChosenHost[]): PruneInput {
  const ids = (list: readonly Unused[]) => list.map(({ id }) => id)
  return {
    hosts: chosen.map(({ one, items }) => ({
      hostId: one.host.id,
      ...{ containers: ids(items.containers), images: ids(items.images) },
      ...{ volumes: ids(items.volumes), networks: ids(items.networks) },
      buildCache: items.buildCache.length > 0,
    })),
  }
}
