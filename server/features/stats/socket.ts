import { permissionOf } from '#lib/acts.ts'
import { type StatsFrame, type StatsRequest, statsRequestSchema } from '#lib/contracts/stats.ts'
import { objectKey } from '#lib/fleet/apply-live.ts'
import type { Access } from '../../access/access.ts'
import { authorizeAct } from '../../acts/authorize-act.ts'
import { AppError } from '../../errors.ts'
import type { FleetState } from '../../fleet/fleet.ts'
import type { Log } from '../../log.ts'
import { toApiError } from '../../messages.ts'
import type { Principal } from '../../principal/principal.ts'
import { tell } from '../../publisher.ts'
import type { Feed } from '../../web/client-socket.ts'
import type { Concurrency } from '../../web/concurrency.ts'
import { type Channel, defineSocket } from '../../web/define-socket.ts'
import { toAppError } from '../../web/error-response.ts'
import { fleetChanges, fleetHistory, type StatsSight } from './fleet-frames.ts'
import { stepMs } from './history.ts'
import type { StatsService } from './service.ts'

/** Changes of the low rate are told together. Milliseconds. */
const gatherMs = 2000
/** Containers that one page watches at a time. */
const mostWatched = 20

interface Viewer {
  channel: Channel<StatsFrame>
  feed: Feed
  /** Of who sees only a part. */
  sight: (() => StatsSight) | null
}

/**
 * The stats socket. The summary of the fleet is serialised once for all who see everything, and made anew for each who
 * sees a part. Each watched container is authorised on its own.
 */
export function statsSocket(parts: {
  stats: StatsService
  fleet: FleetState
  access: Pick<Access, 'sightOf' | 'rightsOf' | 'onChanged' | 'authorize'>
  concurrency: Pick<Concurrency, 'stream'>
  log: Log
}) {
  const { stats, fleet, access, concurrency, log } = parts
  const viewers = new Set<Viewer>()
  const snapshot = ({ sight }: Pick<Viewer, 'sight'>) =>
    JSON.stringify({
      type: 'fleet',
      stepMs,
      hosts: fleetHistory(stats.store, sight?.()),
    } satisfies StatsFrame)
  const tellChanges = () => {
    const changes = stats.store.takeChanges()
    if (changes.size === 0 || viewers.size === 0) return
    const textFor = (sight?: StatsSight) => {
      const hosts = fleetChanges(changes, sight)
      return JSON.stringify({ type: 'fleetChange', hosts } satisfies StatsFrame)
    }
    let shared: string | undefined
    const offer = (viewer: Viewer) => {
      const text = viewer.sight ? textFor(viewer.sight()) : (shared ??= textFor())
      viewer.feed.offer(text)
    }
    for (const viewer of viewers) tell(log, offer, viewer, viewer.channel.drop)
  }
  const timer = setInterval(tellChanges, gatherMs)
  timer.unref()

  const socket = defineSocket({
    path: '/api/stats',
    access: permissionOf('container.stats'),
    inPreview: true,
    frames: statsRequestSchema,
    open(channel: Channel<StatsFrame>) {
      const { principal } = channel
      const seesAll = access.sightOf(principal).mayWhole('containers.stats')
      const sight = seesAll ? null : statsSight(access, fleet, principal)
      const viewer: Viewer = { channel, feed: channel.feed(() => snapshot({ sight })), sight }
      const watched = new Map<string, () => void>()
      channel.endWhenChanged(
        () => access.rightsOf(principal),
        (by) => {
          if (by === 'tags' && sight && viewers.has(viewer)) viewer.feed.offer(snapshot(viewer))
        },
      )
      channel.onClose(() => {
        viewers.delete(viewer)
        for (const unwatch of watched.values()) unwatch()
      })
      return {
        frame(request) {
          if (request.type === 'unfleet') viewers.delete(viewer)
          else if (request.type === 'fleet') {
            if (viewers.has(viewer)) return
            // What is gathered is in the snapshot already.
            tellChanges()
            viewers.add(viewer)
            channel.send(snapshot(viewer))
          } else {
            const key = objectKey(request.hostId, request.id)
            watched.get(key)?.()
            watched.delete(key)
            if (request.type === 'unwatch') return
            if (watched.size >= mostWatched) channel.say(tooMany(request))
            else watched.set(key, watch({ stats, access, concurrency }, channel, request))
          }
        },
      }
    },
  })
  return { ...socket, stop: () => clearInterval(timer) }
}

/** A frame and no close: the page would come back and ask for all of them again. */
function tooMany({ hostId, id }: { hostId: string; id: string }): StatsFrame {
  const error = new AppError('too_many_streams', { params: { limit: mostWatched } })
  return { type: 'unavailable', hostId, id, error: toApiError(error) }
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

function watch(
  {
    stats,
    access,
    concurrency,
  }: {
    stats: StatsService
    access: Pick<Access, 'onChanged' | 'authorize'>
    concurrency: Pick<Concurrency, 'stream'>
  },
  channel: Channel<StatsFrame>,
  { hostId, id }: Extract<StatsRequest, { type: 'watch' }>,
): () => void {
  const { principal } = channel
  const unavailable = (error: unknown) =>
    channel.say({ type: 'unavailable', hostId, id, error: toApiError(toAppError(error)) })
  let release = () => {}
  try {
    release = concurrency.stream(principal, hostId)
    const { history, stop } = stats.watch(principal, hostId, id, {
      sample(point, totals) {
        if (!channel.isBehind()) channel.say({ type: 'sample', hostId, id, point, totals })
      },
      limit: (cpus) => channel.say({ type: 'limit', hostId, id, cpus }),
      end: channel.drop,
    })
    channel.say({
      type: 'history',
      hostId,
      id,
      points: history?.points() ?? [],
      totals: history?.totals ?? null,
    })
    const over = () => {
      stop()
      unsubscribe()
      release()
    }
    const unsubscribe = access.onChanged(() => {
      try {
        authorizeAct(access.authorize, principal, 'container.stats', { hostId, objectId: id })
      } catch (error) {
        over()
        unavailable(error)
      }
    }, channel.drop)
    return over
  } catch (error) {
    release()
    unavailable(error)
    return () => {}
  }
}
