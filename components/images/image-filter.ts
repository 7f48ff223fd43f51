import type { Host } from '#lib/contracts/hosts.ts'
import type { ImageGroup } from '#lib/image-groups.ts'

/** Words that must all be found in a tag, the id, a repository digest or a host's name. */
export function matchesImage(group: ImageGroup, filter: string, hosts: ReadonlyMap<string, Host>): boolean {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return true
  const text = [
    ...group.tags,
    group.id,
    ...group.copies.flatMap((copy) => [...copy.repoDigests, hosts.get(copy.hostId)?.name ?? '']),
    group.tags.length === 0 ? 'untagged' : '',
  ]
    .join('\n')
    .toLowerCase()
  return words.every((word) => text.includes(word))
}
