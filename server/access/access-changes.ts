import { objectKey } from '#lib/fleet/apply-live.ts'
import type { FleetState } from '../fleet/fleet.ts'
import type { HostRegistry } from '../fleet/host-registry.ts'
import type { Log } from '../log.ts'
import { Publisher, type Subscribe } from '../publisher.ts'
import type { Grants } from './grants.ts'

/** What made rights others: a grant or role, the tags of a host, the name of a container. */
export type ChangedBy = 'rights' | 'tags' | 'name'

/** Tells when somebody may be permitted other things than before. Returns how to listen, which returns how to stop. */
export function followAccess(parts: {
  grants: Pick<Grants, 'onChanged'>
  registry: Pick<HostRegistry, 'subscribe'>
  fleet: Pick<FleetState, 'subscribe'>
  log: Log
}): Subscribe<ChangedBy> {
  const changes = new Publisher<ChangedBy>(parts.log)
  const changed = (by: ChangedBy) => changes.publish(by)
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
  parts.fleet.subscribe((batch) => {
    let isRenamed = false
    for (const change of batch.changes) {
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

  return changes.subscribe
}
