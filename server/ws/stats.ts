import type { WebSocket } from 'ws'
import { objectKey } from '#lib/apply-live.ts'
import { type StatsFrame, type StatsRequest, statsRequestSchema } from '#lib/contracts/stats.ts'
import type { Principal } from '../auth/types.ts'
import { toAppError } from '../http/error-response.ts'
import { toApiError } from '../messages.ts'
import { fleetChanges, fleetHistory } from '../stats/fleet-frames.ts'
import { stepMs } from '../stats/history.ts'
import type { StatsService } from '../stats/index.ts'
import type { SocketDefinition } from './connection.ts'

/** Changes of the low rate are told together. Milliseconds. */
const gatherMs = 2000
/** Bytes waiting for a slow browser; above it samples are left out, and the summary comes whole when it has caught up. */
const slowBytes = 512 * 1024
/** Containers that one page watches at a time. */
const mostWatched = 20

interface Viewer {
  socket: WebSocket
  behind: boolean
}

/**
 * The stats socket. The summary of the fleet is serialised once for all viewers; every role sees all of it for now, and
 * with grants it is made per set of rights. Each watched container is authorised on its own.
 */
export function statsSocket(stats: StatsService): SocketDefinition & { stop(): void } {
  const viewers = new Set<Viewer>()
  const snapshot = () =>
    JSON.stringify({ type: 'fleet', stepMs, hosts: fleetHistory(stats.store) } satisfies StatsFrame)
  const tellChanges = () => {
    const changes = stats.store.takeChanges()
    if (changes.size === 0 || viewers.size === 0) return
    const text = JSON.stringify({ type: 'fleetChange', hosts: fleetChanges(changes) } satisfies StatsFrame)
    for (const viewer of viewers) {
      const waiting = viewer.socket.bufferedAmount
      if (viewer.behind && waiting === 0) {
        viewer.behind = false
        viewer.socket.send(snapshot())
      } else {
        viewer.behind ||= waiting > slowBytes
        if (!viewer.behind) viewer.socket.send(text)
      }
    }
  }
  const timer = setInterval(tellChanges, gatherMs)
  timer.unref()

  return {
    path: '/api/stats',
    access: 'containers.stats',
    stop: () => clearInterval(timer),
    open(socket, principal) {
      const viewer: Viewer = { socket, behind: false }
      const watched = new Map<string, () => void>()
      socket.on('close', () => {
        viewers.delete(viewer)
        for (const end of watched.values()) end()
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
          socket.send(snapshot())
        } else {
          const key = objectKey(request.hostId, request.id)
          watched.get(key)?.()
          watched.delete(key)
          if (request.type === 'unwatch') return
          if (watched.size >= mostWatched) socket.close(1008, 'too many')
          else watched.set(key, watch(stats, socket, principal, request))
        }
      })
    },
  }
}

function watch(
  stats: StatsService,
  socket: WebSocket,
  principal: Principal,
  { hostId, id }: Extract<StatsRequest, { type: 'watch' }>,
): () => void {
  const send = (frame: StatsFrame) => {
    if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(frame))
  }
  try {
    const { history, stop } = stats.watch(principal, hostId, id, {
      sample(point, totals) {
        if (socket.bufferedAmount < slowBytes) send({ type: 'sample', hostId, id, point, totals })
      },
      limit: (cpus) => send({ type: 'limit', hostId, id, cpus }),
    })
    send({ type: 'history', hostId, id, points: history?.points() ?? [], totals: history?.totals ?? null })
    return stop
  } catch (error) {
    send({ type: 'unavailable', hostId, id, error: toApiError(toAppError(error)) })
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
