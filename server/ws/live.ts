import { type WebSocket } from 'ws'
import { z } from 'zod'
import { liveCloseCodes, objectKinds, type ServerFrame } from '#lib/live-protocol.ts'
import type { FleetState } from '../live/types.ts'
import type { SocketDefinition } from './connection.ts'

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
  /** False until its hello. */
  ready: boolean
  /** Bytes it may have waiting: more while its snapshot, which may be larger than any backlog, is under way. */
  allowance: number
  behindSince: number | null
}

/**
 * The live socket. One subscription to the fleet for all viewers; each frame is serialised once. Every role sees every
 * object for now; with grants the frames are made per set of rights.
 */
export function liveSocket(fleet: FleetState & { flush(): void }): SocketDefinition & { stop(): void } {
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
      sendSnapshot(fleet, viewer)
    } else if (performance.now() - viewer.behindSince > stuckMs) {
      viewer.socket.close(liveCloseCodes.tooSlow, 'too slow')
    }
  }
  const broadcast = (frame: ServerFrame) => {
    const text = JSON.stringify(frame)
    for (const viewer of viewers) if (viewer.ready) send(viewer, text)
  }
  const unsubscribe = fleet.subscribe((batch) => broadcast({ type: 'delta', ...batch }))
  const timer = setInterval(
    () => broadcast({ type: 'beat', seq: fleet.seq, now: new Date().toISOString() }),
    beatEveryMs,
  )
  timer.unref()

  return {
    path: '/api/live',
    access: 'hosts.view',
    stop() {
      clearInterval(timer)
      unsubscribe()
    },
    open(socket) {
      const viewer: Viewer = { socket, ready: false, allowance: slowBytes, behindSince: null }
      viewers.add(viewer)
      socket.on('close', () => viewers.delete(viewer))
      socket.on('message', (data, isBinary) => {
        // One greeting for each connection: every further one would cost a snapshot.
        const hello = isBinary || viewer.ready ? null : parse(String(data))
        if (!hello) {
          socket.close(1008, 'not understood')
          return
        }
        greet(fleet, viewer, hello)
      })
    },
  }
}

function greet(
  fleet: FleetState & { flush(): void },
  viewer: Viewer,
  hello: z.output<typeof helloSchema>,
): void {
  fleet.flush()
  const missed = hello.epoch === fleet.epoch && hello.seq !== undefined ? fleet.since(hello.seq) : null
  viewer.ready = true
  if (missed === null) {
    sendSnapshot(fleet, viewer)
    return
  }
  const resumed: ServerFrame = {
    type: 'resumed',
    epoch: fleet.epoch,
    seq: fleet.seq,
    now: new Date().toISOString(),
  }
  viewer.socket.send(JSON.stringify(resumed))
  for (const batch of missed)
    viewer.socket.send(JSON.stringify({ type: 'delta', ...batch } satisfies ServerFrame))
}

function sendSnapshot(fleet: FleetState, viewer: Viewer): void {
  const text = snapshot(fleet)
  viewer.allowance = slowBytes + text.length
  viewer.socket.send(text)
}

function snapshot(fleet: FleetState): string {
  const objects = Object.fromEntries(objectKinds.map((kind) => [kind, fleet.all(kind)]))
  return JSON.stringify({
    ...{ type: 'snapshot', epoch: fleet.epoch, seq: fleet.seq, now: new Date().toISOString() },
    snapshot: { hosts: fleet.hosts(), ...objects },
  })
}

function parse(text: string): z.output<typeof helloSchema> | null {
  try {
    return helloSchema.parse(JSON.parse(text))
  } catch {
    return null
  }
}
