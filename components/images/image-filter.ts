import type { Host } from '#lib/contracts/hosts.ts'
import type { ImageGroup } from '#lib/images/groups.ts'
import { matchesWords } from '#lib/words.ts'

/** Words that must all be found in a tag, the id, a repository digest or a host's name. */
export function matchesImage(group: ImageGroup, filter: string, hosts: ReadonlyMap<string, Host>): boolean {
  return matchesWords(filter, [
    ...group.tags,
    group.id,
    ...group.copies.flatMap((copy) => [...copy.repoDigests, hosts.get(copy.hostId)?.name]),
    group.tags.length === 0 ? 'untagged' : '',
    ...(group.platforms ? ['manifest list', ...group.platforms] : []),
  ])
}
