import type { ContainerSelector, HostSelector } from '#lib/contracts/access.ts'

/** As typed: each way keeps what was given for it. */
export interface GrantPlace {
  hosts: { kind: HostSelector['kind']; tag: string; hostId: string }
  containers: { kind: ContainerSelector['kind']; key: string; value: string; pattern: string }
}

export const wholeFleet: GrantPlace = {
  hosts: { kind: 'all', tag: '', hostId: '' },
  containers: { kind: 'all', key: '', value: '', pattern: '' },
}

/** What the fields mean; null while something is missing. */
export function selectorsOf(
  place: GrantPlace,
): { hosts: HostSelector; containers: ContainerSelector } | null {
  const { tag, hostId, ...host } = place.hosts
  const { key, value, pattern, ...container } = place.containers
  const hosts: HostSelector | null =
    host.kind === 'all'
      ? { kind: 'all' }
      : host.kind === 'tag'
        ? tag.trim() !== ''
          ? { kind: 'tag', tag: tag.trim() }
          : null
        : hostId !== ''
          ? { kind: 'host', hostId }
          : null
  const containers: ContainerSelector | null =
    container.kind === 'all'
      ? { kind: 'all' }
      : container.kind === 'label'
        ? key.trim() !== ''
          ? { kind: 'label', key: key.trim(), value: value.trim() || null }
          : null
        : pattern.trim() !== ''
          ? { kind: 'name', pattern: pattern.trim() }
          : null
  return hosts && containers && { hosts, containers }
}
