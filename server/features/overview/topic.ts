import { randomUUID } from 'node:crypto'
import { objectKinds } from '#lib/fleet/kinds.ts'
import type { FleetFrame } from '#lib/fleet/live-protocol.ts'
import type { Access } from '../../access/access.ts'
import { VisibleFleet } from '../../access/visible-fleet.ts'
import type { FleetState } from '../../fleet/fleet.ts'
import type { Log } from '../../log.ts'
import type { Principal } from '../../principal/principal.ts'
import { tell } from '../../publisher.ts'
import type { Feed } from '../../web/client-socket.ts'
import { defineTopic, type Topic } from '../../web/live-topic.ts'

interface Viewer {
  feed: Feed
  principal: Principal
  /** Of who sees only a part. */
  part: { fleet: VisibleFleet; epoch: string } | null
  drop(): void
}

/**
 * All objects of all hosts. One subscription to the fleet for all viewers; each frame is serialised once for all who see
 * everything. Who sees a part has frames of their own, an epoch of their own, and no resumption: what they held at the
 * cut may be out of their visibility by now, and somebody else's seq says nothing about it.
 */
export function fleetTopic(
  fleet: FleetState & { flush(): void },
  access: Pick<Access, 'visibilityOf'>,
  log: Log,
): { topic: Topic; stop(): void } {
  const snapshotFor = ({ part, principal }: Pick<Viewer, 'part' | 'principal'>): string => {
    const objects = part
      ? part.fleet.snapshot(access.visibilityOf(principal))
      : { hosts: fleet.hosts(), ...Object.fromEntries(objectKinds.map((kind) => [kind, fleet.all(kind)])) }
    return JSON.stringify({
      type: 'snapshot',
      epoch: part?.epoch ?? fleet.epoch,
      seq: fleet.seq,
      now: new Date().toISOString(),
      snapshot: objects,
    })
  }
  const viewers = new Set<Viewer>()
  const stop = fleet.subscribe((batch) => {
    let text: string | undefined
    const offer = ({ part, principal, feed }: Viewer) => {
      if (!part) {
        text ??= JSON.stringify({ type: 'delta', ...batch } satisfies FleetFrame)
        return feed.offer(text)
      }
      const changes = part.fleet.changes(access.visibilityOf(principal), batch.changes)
      if (changes.length > 0)
        feed.offer(JSON.stringify({ type: 'delta', seq: batch.seq, changes } satisfies FleetFrame))
    }
    // What cannot be made for one viewer ends that one.
    for (const viewer of viewers) tell(log, offer, viewer, viewer.drop)
  })

  const topic = defineTopic({
    name: 'fleet',
    open(subscription) {
      const { principal, params, drop } = subscription
      const seesAll = access.visibilityOf(principal).everything
      const part = seesAll ? null : { fleet: new VisibleFleet(fleet), epoch: randomUUID() }
      const feed = subscription.feed(() => snapshotFor({ part, principal }))
      const viewer: Viewer = { feed, principal, part, drop }
      // What waits to be told is in the snapshot already.
      fleet.flush()
      const resumes = !part && params.epoch === fleet.epoch && params.seq !== undefined
      const missed = resumes ? fleet.since(params.seq as number) : null
      if (missed === null) feed.begin()
      else {
        const { epoch, seq } = fleet
        subscription.say({ type: 'resumed', epoch, seq, now: new Date().toISOString() })
        for (const batch of missed) subscription.say({ type: 'delta', ...batch })
      }
      viewers.add(viewer)
      subscription.onEnd(() => viewers.delete(viewer))
      subscription.onChanged((by) => {
        if (by !== 'tags' || !part) return
        // A host has other tags: what there is to see may be something else altogether.
        fleet.flush()
        feed.offer(snapshotFor(viewer))
      })
    },
  })
  return { topic, stop }
}
