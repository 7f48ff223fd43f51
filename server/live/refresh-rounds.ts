import type { Container } from '#lib/contracts/containers.ts'
import { type ObjectKind, objectKinds } from '#lib/live-protocol.ts'
import type { EngineEvent, Local } from '../engine/types.ts'
import type { SyncTarget } from './host-sync.ts'

/** Milliseconds. Events of one object within `settle` are read once; more than `burst` containers are listed instead. */
const settleMs = 80
const burst = 40
/** Background inspects at a time, for what Docker's list lacks. What an event touched goes before the next few. */
const detailWidth = 4
/** After a failed round. */
const retryMs = 3000

/** Container events that change nothing a list shows. */
const silent = /^(exec_|top$|attach$|resize$|archive-path$|extract-to-dir$|copy$|export$)/

export interface RefreshRounds {
  /** Lists everything. Throws when the containers cannot be listed. To be called once, before anything is noted. */
  first(): Promise<void>
  /** Marks what an event touches; it is read again after a moment of quiet. */
  note(event: EngineEvent): void
  /** Marks these kinds, or everything: engines drop events without a word. */
  relist(kinds?: readonly ObjectKind[]): void
  /** Nothing is waiting to be read again, so that the rows equal the engine's objects. */
  readonly settled: boolean
  /** Resolves when the round under way is over. */
  stop(): Promise<void>
}

/**
 * Reads again what events have touched, one round after the other, so that an older answer never overwrites a newer one
 * and never brings back a row that is gone. Between rounds it inspects what lists leave open (times, restart counts).
 */
export function createRefreshRounds(target: SyncTarget, signal: AbortSignal): RefreshRounds {
  const { engine, fleet, hostId } = target
  const dirtyContainers = new Set<string>()
  const dirtyKinds = new Set<ObjectKind>()
  /** Ids whose details no list told. After a gap also those that have some: they may have restarted meanwhile. */
  const incomplete = new Set<string>()
  let listedOnce = false
  let timer: NodeJS.Timeout | undefined
  let working: Promise<unknown> | null = null
  let stopped = false

  const refresh = async (id: string) => {
    const found = await engine.readContainer(id, { signal })
    if (signal.aborted) return
    incomplete.delete(id)
    if (found) fleet.put('containers', { hostId, ...found })
    else fleet.remove('containers', hostId, id)
  }

  const listContainers = async () => {
    const rows = await engine.listContainers({ signal })
    if (signal.aborted) return
    const kept = rows.map((row) => keepDetails(row, fleet.get('containers', hostId, row.id)))
    incomplete.clear()
    for (const [index, row] of rows.entries()) {
      const known = listedOnce ? (kept[index]?.restartCount ?? null) : row.restartCount
      if (known === null && row.state !== 'created' && row.state !== 'removing') incomplete.add(row.id)
    }
    fleet.replace('containers', hostId, place(kept))
  }
  const place = <T extends object>(objects: readonly T[]) => objects.map((object) => ({ hostId, ...object }))
  const list = async (kind: ObjectKind): Promise<void> => {
    switch (kind) {
      case 'containers':
        return listContainers()
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
  /** A kind that cannot be listed (a socket proxy may hide volumes) stays as it was, and costs the others nothing. */
  const listTolerantly = async (kind: ObjectKind) => {
    if (kind === 'containers') return list(kind)
    try {
      await list(kind)
    } catch (error) {
      if (!signal.aborted) target.log.warn({ err: error, hostId, kind }, 'list failed')
    }
  }

  const dirty = () => dirtyContainers.size > 0 || dirtyKinds.size > 0
  const round = async () => {
    const began = new Date()
    if (!dirty()) {
      const few = [...incomplete].slice(0, detailWidth)
      for (const id of few) incomplete.delete(id)
      await Promise.allSettled(few.map(refresh))
      return
    }
    const ids = [...dirtyContainers]
    const kinds = new Set(dirtyKinds)
    dirtyContainers.clear()
    dirtyKinds.clear()
    if (ids.length > burst) kinds.add('containers')
    // A list tells less than an inspect: first the one, then the other.
    await Promise.all([...kinds].map(listTolerantly))
    if (ids.length <= burst) {
      // All of them, also when one fails: none may still be on its way when the next round begins.
      const read = await Promise.allSettled(ids.map(refresh))
      const failed = read.find((outcome) => outcome.status === 'rejected')
      if (failed) throw failed.reason
    }
    target.synced(began)
  }
  const soon = (delayMs: number) => {
    if (stopped || signal.aborted) return
    timer ??= setTimeout(() => {
      timer = undefined
      void run()
    }, delayMs)
  }
  /** One round. Returns the milliseconds until the next; null when there is nothing to do. */
  const attempt = async (): Promise<number | null> => {
    try {
      await round()
      return dirty() ? settleMs : incomplete.size > 0 ? 0 : null
    } catch (error) {
      if (!signal.aborted) target.log.warn({ err: error, hostId }, 'refresh failed')
      // What was to be read is not known any more: list, in a moment and not at once.
      dirtyKinds.add('containers')
      return retryMs
    }
  }
  const run = async () => {
    if (working || stopped || signal.aborted) return
    const attempting = attempt()
    working = attempting
    const next = await attempting
    working = null
    if (next !== null) soon(next)
  }
  const mark = () => {
    // While a round is under way the next one follows it by itself.
    if (!working) soon(settleMs)
  }

  return {
    async first() {
      const began = new Date()
      working = Promise.all(objectKinds.map(listTolerantly))
      try {
        await working
      } finally {
        working = null
      }
      listedOnce = true
      target.synced(began)
      soon(dirty() ? settleMs : 0)
    },
    note(event) {
      if (touch(event)) mark()
    },
    relist(kinds = objectKinds) {
      for (const kind of kinds) dirtyKinds.add(kind)
      mark()
    },
    get settled() {
      return !dirty()
    },
    async stop() {
      stopped = true
      clearTimeout(timer)
      await working?.catch(() => {})
    },
  }

  /** Marks what an event touches. Returns whether anything is to be read again. */
  function touch(event: EngineEvent): boolean {
    switch (event.type) {
      case 'container':
        if (silent.test(event.action)) return false
        if (event.action === 'commit') {
          // It makes an image, of which Podman says nothing else.
          dirtyKinds.add('images')
          return true
        }
        if (event.action === 'destroy') {
          fleet.remove('containers', hostId, event.id)
          // Its anonymous volumes may have gone with it, and Podman tells nobody.
          dirtyKinds.add('volumes')
        }
        // Of a destroyed one too: an answer that was under way may put the row back after us.
        dirtyContainers.add(event.id)
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
}

/** Docker's list gives an id where a tag has moved on; the container's own document still knows the name. */
const bareImageId = /^(sha256:)?[0-9a-f]{12,64}$/

/** Details read before stay, while the container is in the same state: a relist must not blank them. */
export function keepDetails(row: Local<Container>, known: Container | undefined): Local<Container> {
  if (!known) return row
  const named = bareImageId.test(row.image) ? { ...row, image: known.image } : row
  if (known.state !== row.state || known.exitCode !== row.exitCode) return named
  return {
    ...named,
    startedAt: row.startedAt ?? known.startedAt,
    finishedAt: row.finishedAt ?? known.finishedAt,
    restartCount: row.restartCount ?? known.restartCount,
    oomKilled: row.oomKilled || known.oomKilled,
  }
}
