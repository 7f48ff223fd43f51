import type { FleetStatsFrame } from '#lib/contracts/stats.ts'
import { objectKey } from '#lib/fleet/apply-live.ts'
import type { Access } from '../../access/access.ts'
import type { FleetState } from '../../fleet/fleet.ts'
import type { Log } from '../../log.ts'
import type { Principal } from '../../principal/principal.ts'
import { tell } from '../../publisher.ts'
import type { Feed } from '../../web/client-socket.ts'
import { defineTopic, type Topic } from '../../web/live-topic.ts'
import { fleetChanges, fleetHistory, type StatsVisibility } from './fleet-frames.ts'
import { stepMs } from './history.ts'
import type { StatsStore } from './store.ts'

/** Changes of the low rate are told together. Milliseconds. */
const gatherMs = 2000

interface Viewer {
  feed: Feed
  /** Of who sees only a part. */
  visibility: (() => StatsVisibility) | null
  drop(): void
}

/** The summary of the fleet: serialised once for all who see everything, and made anew for each who sees a part. */
export function fleetStatsTopic(parts: {
  store: StatsStore
  fleet: FleetState
  access: Pick<Access, 'visibilityOf'>
  log: Log
}): { topic: Topic; stop(): void } {
  const { store, fleet, access, log } = parts
  const viewers = new Set<Viewer>()
  const snapshot = (visibility: Viewer['visibility']) =>
    JSON.stringify({
      type: 'fleet',
      stepMs,
      hosts: fleetHistory(store, visibility?.()),
    } satisfies FleetStatsFrame)
  const tellChanges = () => {
    const changes = store.takeChanges()
    if (changes.size === 0 || viewers.size === 0) return
    const textFor = (visibility?: StatsVisibility) => {
      const hosts = fleetChanges(changes, visibility)
      return JSON.stringify({ type: 'fleetChange', hosts } satisfies FleetStatsFrame)
    }
    let shared: string | undefined
    const offer = ({ feed, visibility }: Viewer) =>
      feed.offer(visibility ? textFor(visibility()) : (shared ??= textFor()))
    for (const viewer of viewers) tell(log, offer, viewer, viewer.drop)
  }
  const timer = setInterval(tellChanges, gatherMs)
  timer.unref()

  const topic = defineTopic({
    name: 'stats',
    open(subscription) {
      const { principal, drop } = subscription
      const seesAll = access.visibilityOf(principal).mayHostWide('containers.stats')
      const visibility = seesAll ? null : statsSight(access, fleet, principal)
      const feed = subscription.feed(() => snapshot(visibility))
      const viewer: Viewer = { feed, visibility, drop }
      // What is gathered is in the snapshot already.
      tellChanges()
      viewers.add(viewer)
      subscription.onEnd(() => viewers.delete(viewer))
      subscription.onChanged((by) => {
        if (by === 'tags' && visibility) feed.offer(snapshot(visibility))
      })
      feed.begin()
    },
  })
  return { topic, stop: () => clearInterval(timer) }
}

/** Visibility of now, at each call; of what is gone by what was told before. */
function statsSight(
  access: Pick<Access, 'visibilityOf'>,
  fleet: FleetState,
  principal: Principal,
): () => StatsVisibility {
  const told = new Set<string>()
  return () => {
    const visibility = access.visibilityOf(principal)
    return {
      host: visibility.host,
      whole: (hostId) => visibility.mayHostWide('containers.stats', hostId),
      container(hostId, id) {
        const container = fleet.get('containers', hostId, id)
        const isSeen = container !== undefined && visibility.may('containers.stats', container)
        if (isSeen) told.add(objectKey(hostId, id))
        return isSeen
      },
      gone: (hostId, id) => told.delete(objectKey(hostId, id)),
    }
  }
}
