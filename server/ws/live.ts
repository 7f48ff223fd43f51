import { randomUUID } from 'node:crypto'
import { type WebSocket } from 'ws'
import { z } from 'zod'
import { liveCloseCodes, objectKinds, type ServerFrame } from '#lib/live-protocol.ts'
import type { Access } from '../auth/access.ts'
import type { Principal } from '../auth/types.ts'
import { SeenFleet } from '../live/seen-fleet.ts'
import type { FleetState } from '../live/types.ts'
import { end, type SocketDefinition } from './connection.ts'

const helloSchema = z.object({
  type: z.literal('hello'),
  epoch: z.string().max(64).optional(),
  seq: z.int().min(0).optional(),
})

const beatEveryMs = 10_000
/** Bytes waiting for a slow browser. Above the first it is sent no more deltas, and a snapshot when it has caught up. */
const slowBytes = 2 * 1024 * 1024
/** After this long without catching up it is closed; it reconnects with a snapshot. Milliseconds. */
const stuckMs = 30_000

interface Viewer {
  socket: WebSocket
  principal: Principal
  /** Of who sees only a part. */
  part: { fleet: SeenFleet; epoch: string } | null
  /** False until its hello. */
  ready: boolean
  /** Bytes it may have waiting: more while its snapshot, which may be larger than any backlog, is under way. */
  allowance: number
  behindSince: number | null
}

/**
 * The live socket. One subscription to the fleet for all viewers; each frame is serialised once for all who see
 * everything. Who sees a part has frames of their own, an epoch of their own, and no resumption: what they held at the
 * cut may be out of their sight by now, and somebody else's seq says nothing about it.
 */
export function liveSocket(
  fleet: FleetState & { flush(): void },
  access: Pick<Access, 'sightOf' | 'rightsOf' | 'onChanged'>,
): SocketDefinition & { stop(): void } {
  const sendSnapshot = (viewer: Viewer) => {
    const text = snapshotFor(viewer)
    viewer.allowance = slowBytes + text.length
    viewer.socket.send(text)
  }
  const snapshotFor = ({ part, principal }: Viewer): string => {
    const objects = part
      ? part.fleet.snapshot(access.sightOf(principal))
      : { hosts: fleet.hosts(), ...Object.fromEntries(objectKinds.map((kind) => [kind, fleet.all(kind)])) }
    return JSON.stringify({
      ...{ type: 'snapshot', epoch: part?.epoch ?? fleet.epoch, seq: fleet.seq },
      ...{ now: new Date().toISOString(), snapshot: objects },
    })
  }
  const viewers = new Set<Viewer>()
  const send = (viewer: Viewer, text: string) => {
    if (viewer.socket.bufferedAmount === 0) viewer.allowance = slowBytes
    if (viewer.behindSince === null && viewer.socket.bufferedAmount < viewer.allowance) {
      viewer.socket.send(text)
      return
    }
    viewer.behindSince ??= performance.now()
    if (viewer.socket.bufferedAmount === 0) {
      viewer.behindSince = null
      sendSnapshot(viewer)
    } else if (performance.now() - viewer.behindSince > stuckMs) {
      viewer.socket.close(liveCloseCodes.tooSlow, 'too slow')
    }
  }
  const broadcast = (frame: ServerFrame) => {
    const text = JSON.stringify(frame)
    for (const viewer of viewers) if (viewer.ready) send(viewer, text)
  }
  const unsubscribe = fleet.subscribe((batch) => {
    let text: string | undefined
    for (const viewer of viewers) {
      if (!viewer.ready) continue
      if (!viewer.part) {
        text ??= JSON.stringify({ type: 'delta', ...batch } satisfies ServerFrame)
        send(viewer, text)
        continue
      }
      const changes = viewer.part.fleet.changes(access.sightOf(viewer.principal), batch.changes)
      if (changes.length === 0) continue
      send(viewer, JSON.stringify({ type: 'delta', seq: batch.seq, changes } satisfies ServerFrame))
    }
  })
  const greet = (viewer: Viewer, hello: z.output<typeof helloSchema>) => {
    fleet.flush()
    const resumes = !viewer.part && hello.epoch === fleet.epoch && hello.seq !== undefined
    const missed = resumes ? fleet.since(hello.seq as number) : null
    viewer.ready = true
    if (missed === null) return sendSnapshot(viewer)
    const { epoch, seq } = fleet
    const frames: ServerFrame[] = [
      { type: 'resumed', epoch, seq, now: new Date().toISOString() },
      ...missed.map((batch) => ({ type: 'delta' as const, ...batch })),
    ]
    for (const frame of frames) viewer.socket.send(JSON.stringify(frame))
  }
  const timer = setInterval(
    () => broadcast({ type: 'beat', seq: fleet.seq, now: new Date().toISOString() }),
    beatEveryMs,
  )
  timer.unref()

  return {
    path: '/api/live',
    access: 'hosts.view',
    inPreview: true,
    stop() {
      clearInterval(timer)
      unsubscribe()
    },
    open(socket, principal) {
      const part = access.sightOf(principal).everything
        ? null
        : { fleet: new SeenFleet(fleet), epoch: randomUUID() }
      const viewer: Viewer = {
        ...{ socket, principal, part, ready: false, allowance: slowBytes, behindSince: null },
      }
      viewers.add(viewer)
      const rights = () => JSON.stringify(access.rightsOf(principal))
      const before = rights()
      const stop = access.onChanged((by) => {
        if (rights() !== before) {
          viewers.delete(viewer)
          end(socket, { changed: true })
        } else if (by === 'tags' && viewer.part && viewer.ready) {
          // A host has other tags: what there is to see may be something else altogether.
          fleet.flush()
          sendSnapshot(viewer)
        }
      })
      socket.on('close', () => {
        viewers.delete(viewer)
        stop()
      })
      socket.on('message', (data, isBinary) => {
        // One greeting for each connection: every further one would cost a snapshot.
        const hello = isBinary || viewer.ready ? null : parse(String(data))
        if (!hello) {
          socket.close(1008, 'not understood')
          return
        }
        greet(viewer, hello)
      })
    },
  }
}

function parse(text: string): z.output<typeof helloSchema> | null {
  try {
    return helloSchema.parse(JSON.parse(text))
  } catch {
    return null
  }
}
