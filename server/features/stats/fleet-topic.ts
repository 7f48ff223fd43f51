import type { FleetStatsFrame } from '#lib/contracts/stats.ts'
import { objectKey } from '#lib/fleet/apply-live.ts'
import type { Access } from '../../access/access.ts'
import type { FleetState } from '../../fleet/fleet.ts'
import type { Log } from '../../log.ts'
import type { Principal } from '../../principal/principal.ts'
import { tell } from '../../publisher.ts'
import type { Feed } from '../../web/client-socket.ts'
import { defineTopic, type Topic } from '../../web/live-topic.ts'
import { fleetChanges, fleetHistory, type StatsSight } from './fleet-frames.ts'
import { stepMs } from './history.ts'
import type { StatsStore } from './store.ts'

/** Changes of the low rate are told together. Milliseconds. */
const gatherMs = 2000

interface Viewer {
  feed: Feed
  /** Of who sees only a part. */
  sight: (() => StatsSight) | null
  drop(): void
}

/** The summary of the fleet: serialised once for all who see everything, and made anew for each who sees a part. */
export function fleetStatsTopic(parts: {
  store: StatsStore
  fleet: FleetState
  access: Pick<Access, 'sightOf'>
  log: Log
}): { topic: Topic; stop(): void } {
  const { store, fleet, access, log } = parts
  const viewers = new Set<Viewer>()
  const snapshot = (sight: Viewer['sight']) =>
    JSON.stringify({ type: 'fleet', stepMs, hosts: fleetHistory(store, sight?.()) } satisfies FleetStatsFrame)
  const tellChanges = () => {
    const changes = store.takeChanges()
    if (changes.size === 0 || viewers.size === 0) return
    const textFor = (sight?: StatsSight) => {
      const hosts = fleetChanges(changes, sight)
      return JSON.stringify({ type: 'fleetChange', hosts } satisfies FleetStatsFrame)
    }
    let shared: string | undefined
    const offer = ({ feed, sight }: Viewer) => feed.offer(sight ? textFor(sight()) : (shared ??= textFor()))
    for (const viewer of viewers) tell(log, offer, viewer, viewer.drop)
  }
  const timer = setInterval(tellChanges, gatherMs)
  timer.unref()

  const topic = defineTopic({
    name: 'stats',
    open(subscription) {
      const { principal, drop } = subscription
      const seesAll = access.sightOf(principal).mayWhole('containers.stats')
      const sight = seesAll ? null : statsSight(access, fleet, principal)
      const feed = subscription.feed(() => snapshot(sight))
      const viewer: Viewer = { feed, sight, drop }
      // What is gathered is in the snapshot already.
      tellChanges()
      viewers.add(viewer)
      subscription.onEnd(() => viewers.delete(viewer))
      subscription.onChanged((by) => {
        if (by === 'tags' && sight) feed.offer(snapshot(sight))
      })
      feed.begin()
    },
  })
  return { topic, stop: () => clearInterval(timer) }
}

/** Sight of now, at each call; of what is gone by what was told before. */
function statsSight(
  access: Pick<Access, 'sightOf'>,
  fleet: FleetState,
  principal: Principal,
): () => StatsSight {
  const told = new Set<string>()
  return () => {
    const sight = access.sightOf(principal)
    return {
      host: sight.host,
      whole: (hostId) => sight.mayWhole('containers.stats', hostId),
      container(hostId, id) {
        const container = fleet.get('containers', hostId, id)
        const isSeen = container !== undefined && sight.may('containers.stats', container)
        if (isSeen) told.add(objectKey(hostId, id))
        return isSeen
      },
      gone: (hostId, id) => told.delete(objectKey(hostId, id)),
    }
  }
}
