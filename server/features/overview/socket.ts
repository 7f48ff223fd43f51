import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { objectKinds } from '#lib/fleet/kinds.ts'
import { type ServerFrame } from '#lib/fleet/live-protocol.ts'
import type { Access } from '../../access/access.ts'
import { SeenFleet } from '../../access/visible-fleet.ts'
import type { FleetState } from '../../fleet/fleet.ts'
import type { Log } from '../../log.ts'
import type { Principal } from '../../principal/principal.ts'
import { tell } from '../../publisher.ts'
import type { Feed } from '../../web/client-socket.ts'
import { type Channel, defineSocket } from '../../web/define-socket.ts'

const helloSchema = z.object({
  type: z.literal('hello'),
  epoch: z.string().max(64).optional(),
  seq: z.int().min(0).optional(),
})

const beatEveryMs = 10_000
interface Viewer {
  channel: Channel<ServerFrame>
  feed: Feed
  principal: Principal
  /** Of who sees only a part. */
  part: { fleet: SeenFleet; epoch: string } | null
  /** False until its hello. */
  ready: boolean
}

/**
 * The live socket. One subscription to the fleet for all viewers; each frame is serialised once for all who see
 * everything. Who sees a part has frames of their own, an epoch of their own, and no resumption: what they held at the
 * cut may be out of their sight by now, and somebody else's seq says nothing about it.
 */
export function liveSocket(
  fleet: FleetState & { flush(): void },
  access: Pick<Access, 'sightOf' | 'rightsOf'>,
  log: Log,
) {
  const snapshotFor = ({ part, principal }: Pick<Viewer, 'part' | 'principal'>): string => {
    const objects = part
      ? part.fleet.snapshot(access.sightOf(principal))
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
  /** What cannot be made for one viewer ends that one. */
  const each = (listener: (viewer: Viewer) => void) => {
    for (const viewer of viewers) if (viewer.ready) tell(log, listener, viewer, viewer.channel.drop)
  }
  const broadcast = (frame: ServerFrame) => {
    const text = JSON.stringify(frame)
    each(({ feed }) => feed.offer(text))
  }
  const unsubscribe = fleet.subscribe((batch) => {
    let text: string | undefined
    each((viewer) => {
      if (!viewer.part) {
        text ??= JSON.stringify({ type: 'delta', ...batch } satisfies ServerFrame)
        return viewer.feed.offer(text)
      }
      const changes = viewer.part.fleet.changes(access.sightOf(viewer.principal), batch.changes)
      if (changes.length > 0)
        viewer.feed.offer(JSON.stringify({ type: 'delta', seq: batch.seq, changes } satisfies ServerFrame))
    })
  })
  const greet = (viewer: Viewer, hello: z.output<typeof helloSchema>) => {
    fleet.flush()
    const resumes = !viewer.part && hello.epoch === fleet.epoch && hello.seq !== undefined
    const missed = resumes ? fleet.since(hello.seq as number) : null
    viewer.ready = true
    if (missed === null) return viewer.channel.send(snapshotFor(viewer))
    const { epoch, seq } = fleet
    const frames: ServerFrame[] = [
      { type: 'resumed', epoch, seq, now: new Date().toISOString() },
      ...missed.map((batch) => ({ type: 'delta' as const, ...batch })),
    ]
    for (const frame of frames) viewer.channel.say(frame)
  }
  const timer = setInterval(
    () => broadcast({ type: 'beat', seq: fleet.seq, now: new Date().toISOString() }),
    beatEveryMs,
  )
  timer.unref()

  const socket = defineSocket({
    path: '/api/live',
    access: 'hosts.view',
    inPreview: true,
    frames: helloSchema,
    open(channel: Channel<ServerFrame>) {
      const { principal } = channel
      const seesAll = access.sightOf(principal).everything
      const part = seesAll ? null : { fleet: new SeenFleet(fleet), epoch: randomUUID() }
      const feed = channel.feed(() => snapshotFor({ part, principal }))
      const viewer: Viewer = { channel, feed, principal, part, ready: false }
      viewers.add(viewer)
      channel.onClose(() => viewers.delete(viewer))
      channel.endWhenChanged(
        () => access.rightsOf(principal),
        (by) => {
          if (by !== 'tags' || !part || !viewer.ready) return
          // A host has other tags: what there is to see may be something else altogether.
          fleet.flush()
          feed.offer(snapshotFor(viewer))
        },
      )
      return {
        frame(hello) {
          // One greeting for each connection: every further one would cost a snapshot.
          if (viewer.ready) channel.misunderstood()
          else greet(viewer, hello)
        },
      }
    },
  })
  return {
    ...socket,
    stop() {
      clearInterval(timer)
      unsubscribe()
    },
  }
}
