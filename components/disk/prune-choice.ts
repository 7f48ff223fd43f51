import type { Disk, PrunableKind, PruneInput, Unused } from '#lib/contracts/disk.ts'
import type { Permission } from '#lib/permissions.ts'
import type { HostDisk } from './use-disks.ts'

/** Of a host as a whole. */
export const prunePermissions: Record<PrunableKind, Permission> = {
  containers: 'containers.prune',
  images: 'images.prune',
  buildCache: 'images.prune',
  volumes: 'volumes.prune',
  networks: 'networks.prune',
}

export interface Choice {
  kinds: ReadonlySet<PrunableKind>
  /** Only images without a tag, only volumes without a name. */
  onlyNameless: { images: boolean; volumes: boolean }
  /** @param id of one container, which may be denied alone */
  may(kind: PrunableKind, hostId: string, id?: string): boolean
  /** Taken out one by one, by `itemKey`. */
  spared: ReadonlySet<string>
  /** Milliseconds since the epoch: only what is older. What tells no age stays then. Null: of any age. */
  before: number | null
  /** Since when it is not in use, or else since when it is there; milliseconds. Null where nobody tells. */
  sinceOf(kind: PrunableKind, hostId: string, id: string): number | null
}

export const itemKey = (hostId: string, kind: PrunableKind, id: string) => `${hostId}/${kind}/${id}`

export interface ChosenHost {
  one: HostDisk
  /** What goes. */
  items: Record<PrunableKind, Unused[]>
  /** That, and what was taken out one by one; the largest first. */
  listed: Record<PrunableKind, Unused[]>
}

/** What goes: of the chosen kinds, and held by nothing, or only by containers that go too. */
export function chosenOf(disks: readonly HostDisk[], choice: Choice): ChosenHost[] {
  const { kinds, onlyNameless, may, spared, before, sinceOf } = choice
  return disks.flatMap((one) => {
    const { disk } = one
    if (!disk) return []
    const { id: hostId } = one.host
    const isOld = (kind: PrunableKind, id: string) => {
      const since = before === null ? null : sinceOf(kind, hostId, id)
      return before === null || (since !== null && since < before)
    }
    const list = (kind: PrunableKind, going: ReadonlySet<string>): Unused[] =>
      kinds.has(kind) && may(kind, hostId)
        ? disk.unused[kind]
            .filter(
              ({ id, nameless, heldBy }) =>
                (kind !== 'containers' || may(kind, hostId, id)) &&
                heldBy.every((each) => going.has(each)) &&
                (nameless || !(kind === 'images' || kind === 'volumes') || !onlyNameless[kind]) &&
                isOld(kind, id),
            )
            .sort((a, b) => b.size - a.size)
        : []
    const goes = (kind: PrunableKind, items: readonly Unused[]) =>
      items.filter(({ id }) => !spared.has(itemKey(hostId, kind, id)))
    const containers = list('containers', new Set())
    const going = new Set(goes('containers', containers).map(({ id }) => id))
    const listed = {
      containers,
      images: list('images', going),
      volumes: list('volumes', going),
      networks: list('networks', going),
      buildCache: list('buildCache', going),
    }
    const items = {
      containers: goes('containers', listed.containers),
      images: goes('images', listed.images),
      volumes: goes('volumes', listed.volumes),
      networks: goes('networks', listed.networks),
      buildCache: goes('buildCache', listed.buildCache),
    }
    return Object.values(listed).some((each) => each.length > 0) ? [{ one, items, listed }] : []
  })
}

export function pruneInputOf(chosen: readonly ChosenHost[]): PruneInput {
  const ids = (list: readonly Unused[]) => list.map(({ id }) => id)
  return {
    hosts: chosen
      .filter(({ items }) => Object.values(items).some((list) => list.length > 0))
      .map(({ one, items }) => ({
        hostId: one.host.id,
        containers: ids(items.containers),
        images: ids(items.images),
        volumes: ids(items.volumes),
        networks: ids(items.networks),
        buildCache: items.buildCache.length > 0,
      })),
  }
}

/** Lists that a kind is known by: what is in a network is told by that of containers. */
const listsOf: Record<PrunableKind, readonly Disk['failed'][number]['kind'][]> = {
  containers: ['containers'],
  images: ['images'],
  volumes: ['volumes'],
  networks: ['networks', 'containers'],
  buildCache: [],
}

/** Names of the hosts that could not tell all of a chosen kind: nothing listed there is not the same as nothing unused. */
export function unreadOf(
  disks: readonly HostDisk[],
  kinds: ReadonlySet<PrunableKind>,
): { kind: PrunableKind; hosts: string[] }[] {
  return [...kinds]
    .map((kind) => ({
      kind,
      hosts: disks
        .filter(({ disk }) => disk?.failed.some((failure) => listsOf[kind].includes(failure.kind)))
        .map(({ host }) => host.name),
    }))
    .filter(({ hosts }) => hosts.length > 0)
}
