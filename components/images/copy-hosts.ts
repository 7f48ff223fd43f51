import type { Host } from '#lib/contracts/hosts.ts'
import type { Image } from '#lib/contracts/images.ts'
import { groupImages, type ImageGroup } from '#lib/images/groups.ts'

type Hosts = ReadonlyMap<string, Host>

/** The same images on all hosts: those of a page may be of its scope alone, and a host out of it may hold them. */
export function everywhere(groups: readonly ImageGroup[], images: Iterable<Image>): ImageGroup[] {
  const all = groupImages(images, [])
  return groups.map((group) => {
    const [known] = group.copies
    const isIt = ({ hostId, id }: Image) => hostId === known?.hostId && id === known.id
    return all.find(({ copies }) => copies.some(isIt)) ?? group
  })
}

/** Whether that host has it. */
export const holds = (group: ImageGroup, hostId: string) =>
  group.copies.some((copy) => copy.hostId === hostId)

/** Online hosts that hold all of them: an engine's archive is made in one place. */
export function sourcesOf(groups: readonly ImageGroup[], hosts: Hosts): Host[] {
  return [...hosts.values()].filter(
    ({ id, state }) => state === 'online' && groups.every((group) => holds(group, id)),
  )
}

/** Online hosts without one of them. */
export function lacking(groups: readonly ImageGroup[], hosts: Hosts): string[] {
  return [...hosts.values()]
    .filter(({ id, state }) => state === 'online' && groups.some((group) => !holds(group, id)))
    .map(({ id }) => id)
}

/** How that host names them: every tag, or the id of what has none. */
export function referencesAt(hostId: string, groups: readonly ImageGroup[]): string[] {
  return groups.flatMap(({ copies }) => {
    const copy = copies.find((one) => one.hostId === hostId)
    if (!copy) return []
    return copy.tags.length > 0 ? copy.tags : [copy.id]
  })
}

/** Docker writes OCI layouts since 25, Podman of one image at a time (as the server refuses the others). */
export function writesOci(host: Host | undefined, count: number): boolean {
  if (host?.engine?.flavour === 'podman') return count === 1
  return Number.parseInt(host?.engine?.version ?? '', 10) >= 25
}
