import type { Container } from '#lib/contracts/containers.ts'
import type { ObjectKind } from '#lib/live-protocol.ts'
import type { EngineClient, EngineEvent, Local } from '../engine/types.ts'
import type { Log } from '../log.ts'
import { backoffDelay } from './backoff.ts'
import type { MemoryFleet } from './fleet-state.ts'

/** Milliseconds. Events of one object within `settle` are read once; more than `burst` containers are listed instead. */
const settleMs = 80
const burst = 40
/** Engines drop events of a slow reader without a word (Docker keeps 256): look at everything again now and then. */
const relistMs = 5 * 60_000
/** Background inspects at a time, for what Docker's list lacks. */
const detailWidth = 3
/** Freshness is marked this often while the stream is open and the host answers pings. */
const freshMs = 5000
/** After a failed refresh. */
const retryMs = 3000

export interface SyncTarget {
  hostId: string
  name: string
  engine: EngineClient
  fleet: MemoryFleet
  log: Log
  /** The stream broke: the registry should look at the host now. */
  suspect(): void
  synced(at: Date): void
}

/** Container events that change nothing a list shows. */
const silent = /^(exec_|top$|attach$|resize$|archive-path$|extract-to-dir$|copy$|export$|commit$)/

/**
 * Keeps one host's objects equal to its engine's, from `connected` to the abort: subscribes to events first, then lists,
 * then applies; after any gap it lists again. Never throws; ends when aborted.
 */
export async function syncHost(target: SyncTarget, signal: AbortSignal): Promise<void> {
  let failures = 0
  while (!signal.aborted) {
    const stream = new AbortController()
    const both = AbortSignal.any([signal, stream.signal])
    try {
      const events = await target.engine.events({ signal: both })
      await listAll(target, both)
      failures = 0
      await follow(target, events, both)
    } catch (error) {
      if (!signal.aborted) target.log.debug({ err: error, hostId: target.hostId }, 'events ended')
    } finally {
      stream.abort()
    }
    if (signal.aborted) return
    // A clean end is an engine going down as well as a proxy's timeout.
    target.suspect()
    failures++
    await pause(backoffDelay(failures, { baseMs: 300, capMs: 5000 }), signal)
  }
}

/** All kinds at once. One kind that fails (a socket proxy may hide volumes) does not cost the others. */
async function listAll(target: SyncTarget, signal: AbortSignal): Promise<void> {
  await Promise.all([
    list(target, 'containers', signal),
    ...(['images', 'volumes', 'networks', 'pods'] as const).map((kind) =>
      listTolerantly(target, kind, signal),
    ),
  ])
  target.synced(new Date())
  void completeDetails(target, signal)
}

/** A kind that cannot be listed stays as it was, and costs the others nothing. */
async function listTolerantly(target: SyncTarget, kind: ObjectKind, signal: AbortSignal): Promise<void> {
  try {
    await list(target, kind, signal)
  } catch (error) {
    if (!signal.aborted) target.log.warn({ err: error, hostId: target.hostId, kind }, 'list failed')
  }
}

async function list(target: SyncTarget, kind: ObjectKind, signal: AbortSignal): Promise<void> {
  const { engine, fleet, hostId } = target
  const place = <T extends object>(objects: T[]) => objects.map((object) => ({ hostId, ...object }))
  switch (kind) {
    case 'containers': {
      const rows = await engine.listContainers({ signal })
      const known = (row: Local<Container>) => keepDetails(row, fleet.get('containers', hostId, row.id))
      return fleet.replace(kind, hostId, place(rows.map(known)))
    }
    case 'images':
      return fleet.replace(kind, hostId, place(await engine.listImages({ signal })))
    case 'volumes':
      return fleet.replace(kind, hostId, place(await engine.listVolumes({ signal })))
    case 'networks':
      return fleet.replace(kind, hostId, place(await engine.listNetworks({ signal })))
    case 'pods':
      return fleet.replace(kind, hostId, place(await engine.listPods({ signal })))
  }
}

/** Details read before stay, while the container is in the same state: a relist must not blank them. */
function keepDetails(row: Local<Container>, known: Container | undefined): Local<Container> {
  if (!known || known.state !== row.state || known.exitCode !== row.exitCode) return row
  return {
    ...row,
    startedAt: row.startedAt ?? known.startedAt,
    finishedAt: row.finishedAt ?? known.finishedAt,
    restartCount: row.restartCount ?? known.restartCount,
    oomKilled: row.oomKilled || known.oomKilled,
  }
}

/** Inspects, a few at a time, the containers whose times and restart counts no list told. */
async function completeDetails(target: SyncTarget, signal: AbortSignal): Promise<void> {
  const waiting = target.fleet.all('containers', target.hostId).filter(lacksDetails)
  const worker = async () => {
    for (let next = waiting.pop(); next && !signal.aborted; next = waiting.pop())
      await refresh(target, next.id, signal)
  }
  await Promise.allSettled(Array.from({ length: detailWidth }, worker))
}

const lacksDetails = (container: Container) =>
  container.restartCount === null && container.state !== 'created' && container.state !== 'removing'

async function refresh(target: SyncTarget, id: string, signal: AbortSignal): Promise<void> {
  const { fleet, hostId, engine } = target
  const found = await engine.readContainer(id, { signal })
  if (signal.aborted) return
  if (found) fleet.put('containers', { hostId, ...found })
  else fleet.remove('containers', hostId, id)
}

/** Reads events until the stream ends; what they touch is read again after a moment of quiet. */
async function follow(
  target: SyncTarget,
  events: AsyncIterable<EngineEvent>,
  signal: AbortSignal,
): Promise<void> {
  const dirtyContainers = new Set<string>()
  const dirtyKinds = new Set<ObjectKind>()
  let timer: NodeJS.Timeout | undefined
  let retry: NodeJS.Timeout | undefined
  let working: Promise<void> = Promise.resolve()

  const work = async () => {
    const ids = [...dirtyContainers]
    const kinds = new Set(dirtyKinds)
    dirtyContainers.clear()
    dirtyKinds.clear()
    if (ids.length > burst) kinds.add('containers')
    else await Promise.all(ids.map((id) => refresh(target, id, signal)))
    await Promise.all(
      [...kinds].map((kind) =>
        kind === 'containers' ? list(target, kind, signal) : listTolerantly(target, kind, signal),
      ),
    )
    target.synced(new Date())
  }
  const soon = () => {
    timer ??= setTimeout(() => {
      timer = undefined
      // One round after the other, so that an older answer never overwrites a newer one.
      working = working.then(work).catch((error) => {
        if (signal.aborted) return
        target.log.warn({ err: error, hostId: target.hostId }, 'refresh failed')
        // What was to be read is not known any more: list, in a moment and not at once.
        dirtyKinds.add('containers')
        retry = setTimeout(soon, retryMs)
      })
    }, settleMs)
  }
  const relist = setInterval(
    () => {
      for (const kind of ['containers', 'images', 'volumes', 'networks', 'pods'] as const)
        dirtyKinds.add(kind)
      soon()
    },
    relistMs * (0.8 + Math.random() * 0.4),
  )
  const fresh = setInterval(() => {
    if (dirtyContainers.size === 0 && dirtyKinds.size === 0) target.synced(new Date())
  }, freshMs)

  try {
    for await (const event of events) {
      if (note(event, target, dirtyContainers, dirtyKinds)) soon()
    }
  } finally {
    clearInterval(relist)
    clearInterval(fresh)
    clearTimeout(timer)
    clearTimeout(retry)
    await working
  }
}

/** Marks what an event touches. Returns whether anything is to be read again. */
function note(
  event: EngineEvent,
  target: SyncTarget,
  dirtyContainers: Set<string>,
  dirtyKinds: Set<ObjectKind>,
): boolean {
  switch (event.type) {
    case 'container':
      if (silent.test(event.action)) return false
      if (event.action === 'destroy') {
        target.fleet.remove('containers', target.hostId, event.id)
        // Read again too: an answer that was under way may put the row back after us.
        dirtyContainers.add(event.id)
        // Its anonymous volumes may have gone with it, and Podman tells nobody.
        dirtyKinds.add('volumes')
      } else dirtyContainers.add(event.id)
      return true
    case 'image':
      dirtyKinds.add('images')
      return true
    case 'volume':
      if (event.action === 'mount' || event.action === 'unmount') return false
      dirtyKinds.add('volumes')
      return true
    case 'network': {
      const container = event.attributes.container
      if (container && /^(dis)?connect$/.test(event.action)) dirtyContainers.add(container)
      else dirtyKinds.add('networks')
      return true
    }
    case 'pod':
      dirtyKinds.add('pods')
      dirtyKinds.add('containers')
      return true
    case 'daemon':
      return false
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
