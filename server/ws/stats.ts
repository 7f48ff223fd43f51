import type { WebSocket } from 'ws'
import { objectKey } from '#lib/apply-live.ts'
import { type StatsFrame, type StatsRequest, statsRequestSchema } from '#lib/contracts/stats.ts'
import type { Access } from '../auth/access.ts'
import type { Principal } from '../auth/types.ts'
import { toAppError } from '../http/error-response.ts'
import type { FleetState } from '../live/types.ts'
import { toApiError } from '../messages.ts'
import { fleetChanges, fleetHistory, type StatsSight } from '../stats/fleet-frames.ts'
import { stepMs } from '../stats/history.ts'
import type { StatsService } from '../stats/index.ts'
import { end, type SocketDefinition } from './connection.ts'

/** Changes of the low rate are told together. Milliseconds. */
const gatherMs = 2000
/** Bytes waiting for a slow browser; above it samples are left out, and the summary comes whole when it has caught up. */
const slowBytes = 512 * 1024
/** Containers that one page watches at a time. */
const mostWatched = 20

interface Viewer {
  socket: WebSocket
  /** Of who sees only a part. */
  sight: (() => StatsSight) | null
  behind: boolean
}

/**
 * The stats socket. The summary of the fleet is serialised once for all who see everything, and made anew for each who
 * sees a part. Each watched container is authorised on its own.
 */
export function statsSocket(parts: {
  stats: StatsService
  fleet: FleetState
  access: Pick<Access, 'sightOf' | 'rightsOf' | 'onChanged' | 'authorize'>
}): SocketDefinition & { stop(): void } {
  const { stats, fleet, access } = parts
  const viewers = new Set<Viewer>()
  const snapshot = ({ sight }: Viewer) =>
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
    for (const viewer of viewers) {
      const waiting = viewer.socket.bufferedAmount
      if (viewer.behind && waiting === 0) {
        viewer.behind = false
        viewer.socket.send(snapshot(viewer))
      } else {
        viewer.behind ||= waiting > slowBytes
        if (!viewer.behind)
          viewer.socket.send(viewer.sight ? textFor(viewer.sight()) : (shared ??= textFor()))
      }
    }
  }
  const timer = setInterval(tellChanges, gatherMs)
  timer.unref()

  return {
    path: '/api/stats',
    access: 'containers.stats',
    inPreview: true,
    stop: () => clearInterval(timer),
    open(socket, principal) {
      const seesAll = access.sightOf(principal).mayWhole('containers.stats')
      const viewer: Viewer = {
        ...{ socket, behind: false, sight: seesAll ? null : statsSight(access, fleet, principal) },
      }
      const watched = new Map<string, () => void>()
      const rights = () => JSON.stringify(access.rightsOf(principal))
      const before = rights()
      const stop = access.onChanged((by) => {
        if (rights() !== before) end(socket, { changed: true })
        else if (by === 'tags' && viewer.sight && viewers.has(viewer)) socket.send(snapshot(viewer))
      })
      socket.on('close', () => {
        viewers.delete(viewer)
        stop()
        for (const unwatch of watched.values()) unwatch()
      })
      socket.on('message', (data, isBinary) => {
        const request = isBinary ? null : parse(String(data))
        if (!request) {
          socket.close(1008, 'not understood')
          return
        }
        if (request.type === 'unfleet') viewers.delete(viewer)
        else if (request.type === 'fleet') {
          if (viewers.has(viewer)) return
          // What is gathered is in the snapshot already.
          tellChanges()
          viewers.add(viewer)
          socket.send(snapshot(viewer))
        } else {
          const key = objectKey(request.hostId, request.id)
          watched.get(key)?.()
          watched.delete(key)
          if (request.type === 'unwatch') return
          if (watched.size >= mostWatched) socket.close(1008, 'too many')
          else watched.set(key, watch({ stats, access }, socket, principal, request))
        }
      })
    },
  }
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
  { stats, access }: { stats: StatsService; access: Pick<Access, 'onChanged' | 'authorize'> },
  socket: WebSocket,
  principal: Principal,
  { hostId, id }: Extract<StatsRequest, { type: 'watch' }>,
): () => void {
  const send = (frame: StatsFrame) => {
    if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(frame))
  }
  const unavailable = (error: unknown) =>
    send({ type: 'unavailable', hostId, id, error: toApiError(toAppError(error)) })
  try {
    const { history, stop } = stats.watch(principal, hostId, id, {
      sample(point, totals) {
        if (socket.bufferedAmount < slowBytes) send({ type: 'sample', hostId, id, point, totals })
      },
      limit: (cpus) => send({ type: 'limit', hostId, id, cpus }),
    })
    send({ type: 'history', hostId, id, points: history?.points() ?? [], totals: history?.totals ?? null })
    const over = () => {
      stop()
      unsubscribe()
    }
    const unsubscribe = access.onChanged(() => {
      try {
        access.authorize(principal, 'containers.stats', { hostId, objectId: id })
      } catch (error) {
        over()
        unavailable(error)
      }
    })
    return over
  } catch (error) {
    unavailable(error)
    return () => {}
  }
}

function parse(text: string): StatsRequest | null {
  try {
    return statsRequestSchema.parse(JSON.parse(text))
  } catch {
    return null
  }
}
