import type { Acknowledgement } from '#lib/contracts/attention.ts'
import type { Container } from '#lib/contracts/containers.ts'
import { isOldOf } from '#lib/fleet/host-reading.ts'
import { containerAttention } from '#lib/fleet/overview.ts'
import type { Visibility } from '../../access/visibility.ts'
import type { Database } from '../../db/schema.ts'
import { AppError } from '../../errors.ts'
import type { FleetState } from '../../fleet/fleet.ts'
import type { Log } from '../../log.ts'
import type { Principal } from '../../principal/principal.ts'

export interface Acknowledgements {
  /** Of the containers in sight. */
  list(visibility: Visibility): Acknowledgement[]
  /**
   * Notes that somebody has seen what is wrong with a container. Throws `failure_changed` where that is not what is wrong
   * with it now, `not_found` where there is no such container.
   */
  acknowledge(
    principal: Principal,
    hostId: string,
    containerId: string,
    seen: Pick<Acknowledgement, 'problem' | 'at' | 'note'>,
  ): Promise<Acknowledgement>
  /** It needs attention again. Nothing happens where nobody acknowledged it. */
  withdraw(hostId: string, containerId: string): Promise<void>
  stop(): void
}

const keyOf = (hostId: string, containerId: string) => `${hostId} ${containerId}`
const stillHolds = (entry: Acknowledgement, container: Container) => {
  const now = containerAttention(container)
  return now !== null && now.problem === entry.problem && now.at === entry.at
}

/**
 * What people have seen of what is wrong, for all of them. An entry is about one failure: it goes when the container is
 * well, fails anew, or is removed. What a host that is away has is not known, and its entries stay.
 */
export async function createAcknowledgements(parts: {
  db: Database
  fleet: FleetState
  log: Log
}): Promise<Acknowledgements> {
  const { db, fleet, log } = parts
  const rows = await db.selectFrom('acknowledgements').selectAll().execute()
  const entries = new Map<string, Acknowledgement>(
    rows.map((row) => [
      keyOf(row.host_id, row.container_id),
      {
        hostId: row.host_id,
        containerId: row.container_id,
        problem: row.problem as Acknowledgement['problem'],
        at: row.at,
        by: row.by_name,
        note: row.note,
        acknowledgedAt: row.acknowledged_at,
      },
    ]),
  )
  const forget = async (hostId: string, containerId: string) => {
    if (!entries.delete(keyOf(hostId, containerId))) return
    await db
      .deleteFrom('acknowledgements')
      .where('host_id', '=', hostId)
      .where('container_id', '=', containerId)
      .execute()
  }
  /** On a full disk it is forgotten in memory alone: at the next start the first look at the container settles it. */
  const forgetSoon = (hostId: string, containerId: string) =>
    void forget(hostId, containerId).catch((error: unknown) =>
      log.warn({ part: 'attention', hostId, containerId, error }, 'An acknowledgement could not be removed'),
    )
  const unsubscribe = fleet.subscribe(({ changes }) => {
    if (entries.size === 0) return
    for (const change of changes) {
      if (change.type === 'put' && change.kind === 'containers') {
        const { hostId, id } = change.object
        const entry = entries.get(keyOf(hostId, id))
        if (entry && !stillHolds(entry, change.object)) forgetSoon(hostId, id)
      } else if (change.type === 'removed' && change.kind === 'containers') {
        forgetSoon(change.hostId, change.id)
      } else if (change.type === 'hostRemoved') {
        for (const entry of Array.from(entries.values()))
          if (entry.hostId === change.hostId) forgetSoon(entry.hostId, entry.containerId)
      } else if (change.type === 'host' && change.host.syncedAt && !isOldOf(change.host, 'containers')) {
        // What was removed while nobody looked is told by nobody.
        const { id } = change.host
        for (const entry of Array.from(entries.values()))
          if (entry.hostId === id && !fleet.get('containers', id, entry.containerId))
            forgetSoon(id, entry.containerId)
      }
    }
  })

  return {
    list: (visibility) =>
      [...entries.values()].filter(({ hostId, containerId }) => {
        const container = fleet.get('containers', hostId, containerId)
        return container !== undefined && visibility.container(container)
      }),
    async acknowledge(principal, hostId, containerId, { problem, at, note }) {
      const container = fleet.get('containers', hostId, containerId)
      if (!container) throw new AppError('not_found')
      const entry: Acknowledgement = {
        hostId,
        containerId,
        problem,
        at,
        note,
        by: principal.name,
        acknowledgedAt: new Date().toISOString(),
      }
      if (!stillHolds(entry, container)) throw new AppError('failure_changed')
      await db
        .insertInto('acknowledgements')
        .values({
          host_id: hostId,
          container_id: containerId,
          problem,
          at,
          note,
          by_name: entry.by,
          acknowledged_at: entry.acknowledgedAt,
        })
        .onConflict((conflict) =>
          conflict.columns(['host_id', 'container_id']).doUpdateSet({
            problem,
            at,
            note,
            by_name: entry.by,
            acknowledged_at: entry.acknowledgedAt,
          }),
        )
        .execute()
      entries.set(keyOf(hostId, containerId), entry)
      return entry
    },
    withdraw: forget,
    stop: unsubscribe,
  }
}
