import { objectKey } from '#lib/apply-live.ts'
import type { HostRegistry } from '../hosts/types.ts'
import type { FleetState } from '../live/types.ts'
import type { Grants } from './grants.ts'

/** What made rights others: a grant or role, the tags of a host, the name of a container. */
export type ChangedBy = 'rights' | 'tags' | 'name'

/** Tells when somebody may be permitted other things than before. Returns how to listen, which returns how to stop. */
export function followAccess(parts: {
  grants: Pick<Grants, 'onChanged'>
  registry: Pick<HostRegistry, 'subscribe'>
  fleet: Pick<FleetState, 'subscribe'>
}): (listener: (by: ChangedBy) => void) => () => void {
  const listeners = new Set<(by: ChangedBy) => void>()
  const changed = (by: ChangedBy) => {
    for (const listener of listeners) listener(by)
  }
  parts.grants.onChanged(() => changed('rights'))

  const tags = new Map<string, string>()
  parts.registry.subscribe((change) => {
    if (change.type === 'removed') {
      tags.delete(change.hostId)
      return
    }
    const { id } = change.host
    const now = JSON.stringify(change.host.tags)
    if (tags.get(id) === now) return
    tags.set(id, now)
    changed('tags')
  })

  // Labels stay for a container's life; its name may become another.
  const names = new Map<string, string>()
  parts.fleet.subscribe(({ changes }) => {
    let isRenamed = false
    for (const change of changes) {
      if (change.type === 'hostRemoved') {
        for (const key of names.keys()) if (key.startsWith(`${change.hostId}/`)) names.delete(key)
      }
      if (!('kind' in change) || change.kind !== 'containers') continue
      if (change.type === 'removed') {
        names.delete(objectKey(change.hostId, change.id))
        continue
      }
      const { hostId, id, name } = change.object
      const key = objectKey(hostId, id)
      const before = names.get(key)
      isRenamed ||= before !== undefined && before !== name
      names.set(key, name)
    }
    if (isRenamed) changed('name')
  })

  return (listener) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  }
}
