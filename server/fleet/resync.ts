import type { Container } from '#lib/contracts/containers.ts'
import {
  type FleetObjects,
  type HostKind,
  kindOfEvent,
  type ObjectKind,
  objectKinds,
} from '#lib/fleet/kinds.ts'
import type { OddRow } from '../engine/document.ts'
import type { EngineEvent, Local } from '../engine/types.ts'
import type { SyncTarget } from './host-sync.ts'

/** Milliseconds. Events of one object within `settle` are read once; more than `burst` containers are listed instead. */
const settleMs = 80
const burst = 40
/** Background inspects at a time, for what Docker's list lacks. What an event touched goes before the next few. */
const detailWidth = 4
/** With more than these to inspect it rests between the few. */
const manyDetails = 2000
/** After a list that failed: an answer that is too long or too slow costs much each time. */
const retry = { firstMs: 1000, mostMs: 60_000 }
/**
 * Between the lists of a flood of events, twice as long each time; and after any round as many times what it took, so that
 * an engine with a hundred thousand containers does not keep this process to itself.
 */
const flood = { firstMs: 1000, mostMs: 8000 }
const restFactor = 2

/** Container events that change nothing a list shows. */
const silent = /^(exec_|top$|attach$|resize$|archive-path$|extract-to-dir$|copy$|export$)/

export interface Resync {
  /** Marks what an event touches; it is read again after a moment of quiet. */
  note(event: EngineEvent): void
  /**
   * Marks these kinds, or everything: engines drop events without a word.
   * @param afterGap events may have been missed: details are read anew, too, and no difference is a surprise
   */
  relist(options?: { kinds?: readonly ObjectKind[]; afterGap?: boolean }): void
  /** Nothing is to be read (again), so that the rows equal the engine's objects. */
  readonly settled: boolean
  /** Resolves when the round under way is over. */
  stop(): Promise<void>
}

/**
 * Reads again what events have touched, one round after the other, so that an older answer never overwrites a newer one
 * and never brings back a row that is gone. Between rounds it inspects what lists leave open (times, restart counts). Each
 * kind that cannot be listed is told and asked again by itself, and stays as it was meanwhile. Never throws.
 * @param onSurprise told when a list shows containers that came, went or changed, and no event had told so
 */
export function createResync(target: SyncTarget, signal: AbortSignal, onSurprise: () => void): Resync {
  const { engine, fleet, hostId } = target
  const dirtyContainers = new Set<string>()
  const dirtyKinds = new Set<ObjectKind>()
  /** Ids whose details no list told. */
  const incomplete = new Set<string>()
  /** Ids whose details are of before a gap: they may have restarted meanwhile. They stay here until they are read. */
  const outdated = new Set<string>()
  /** Kinds that failed when last listed: how often in a row, and when they are asked again. */
  const failing = new Map<ObjectKind, { times: number; timer: NodeJS.Timeout }>()
  let afterGap = true
  /** Whether the containers were ever listed, and whether lists are under way. */
  let isListed = false
  let isListing = false
  let floods = 0
  let timer: NodeJS.Timeout | undefined
  /** When the next round may begin (performance.now()). */
  let notBefore = 0
  let working: Promise<unknown> | null = null
  let stopped = false

  const refresh = async (id: string) => {
    const found = await engine.containers.read(id, { signal })
    if (signal.aborted) return
    incomplete.delete(id)
    outdated.delete(id)
    if (found) fleet.put('containers', { hostId, ...found })
    else fleet.remove('containers', hostId, id)
  }

  const listContainers = async (odd: (row: OddRow) => void) => {
    const [gap, untouched] = [afterGap, dirtyContainers.size === 0]
    afterGap = false
    const before = fleet.all('containers', hostId)
    const rows = await engine.containers.list({ signal, odd }).catch((error: unknown) => {
      afterGap ||= gap
      throw error
    })
    if (signal.aborted) return
    const isSurprise = !gap && untouched && dirtyContainers.size === 0 && differ(before, rows)
    incomplete.clear()
    if (gap) outdated.clear()
    const kept = rows.map((row) => {
      const known = fleet.get('containers', hostId, row.id)
      const one = keepDetails(row, known)
      if (gap && row.restartCount === null) outdated.add(row.id)
      const restartCount = outdated.has(row.id) ? null : one.restartCount
      const isMade = row.state !== 'created' && row.state !== 'removing'
      // Of a start that failed early, Docker sends no event. One that was made just now is about to send one.
      const mayHaveFailed = row.state === 'created' && one.error === null && (gap || known !== undefined)
      if ((isMade && restartCount === null) || mayHaveFailed || one.volumes === null) incomplete.add(row.id)
      return one
    })
    fleet.replace('containers', hostId, place(kept))
    for (const id of outdated) if (!incomplete.has(id)) outdated.delete(id)
    isListed = true
    if (isSurprise) onSurprise()
  }
  const place = <T extends object>(objects: readonly T[]) => objects.map((object) => ({ hostId, ...object }))
  const list = async (kind: ObjectKind, odd: (row: OddRow) => void): Promise<void> =>
    kind === 'containers' ? listContainers(odd) : listOthers(kind, odd)
  const listOthers = async <K extends HostKind>(kind: K, odd: (row: OddRow) => void) => {
    const rows = await engine[kind].list({ signal, odd })
    fleet.replace(kind, hostId, place<object>(rows) as FleetObjects[K][])
  }
  const again = (kind: ObjectKind) => {
    const before = failing.get(kind)
    clearTimeout(before?.timer)
    const times = (before?.times ?? 0) + 1
    const delayMs = Math.min(retry.mostMs, retry.firstMs * 2 ** (times - 1))
    const later = setTimeout(() => {
      dirtyKinds.add(kind)
      mark()
    }, delayMs)
    failing.set(kind, { times, timer: later })
  }
  /** A kind that cannot be listed (a socket proxy may hide volumes) costs the others nothing. */
  const listAndTell = async (kind: ObjectKind) => {
    const odd: OddRow[] = []
    try {
      await list(kind, (row) => odd.push(row))
      if (signal.aborted) return
      clearTimeout(failing.get(kind)?.timer)
      failing.delete(kind)
      target.reading.read(kind, odd)
    } catch (error) {
      if (signal.aborted || stopped) return
      target.reading.failed(kind, error)
      again(kind)
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
    const isFlood = ids.length > burst
    floods = isFlood ? floods + 1 : 0
    if (isFlood) kinds.add('containers')
    // A list tells less than an inspect: first the one, then the other.
    isListing = kinds.size > 0
    await Promise.all([...kinds].map(listAndTell))
    isListing = false
    if (!isFlood) {
      // All of them, also when one fails: none may still be on its way when the next round begins.
      const read = await Promise.allSettled(ids.map(refresh))
      const failed = read.find((outcome) => outcome.status === 'rejected')
      if (failed && !signal.aborted) {
        // What was to be read is not known any more: list, in a moment and not at once.
        target.log.debug({ err: failed.reason, hostId }, 'refresh failed')
        if (!failing.has('containers')) again('containers')
      }
    }
    if (!failing.has('containers')) target.synced(began)
  }
  const soon = (delayMs: number) => {
    if (stopped || signal.aborted) return
    timer ??= setTimeout(
      () => {
        timer = undefined
        void run()
      },
      Math.max(delayMs, notBefore - performance.now()),
    )
  }
  const run = async () => {
    if (working || stopped || signal.aborted) return
    const began = performance.now()
    try {
      working = round()
      await working
    } catch (error) {
      target.log.error({ err: error, hostId }, 'a round of reading failed')
      if (!failing.has('containers')) again('containers')
    } finally {
      working = null
    }
    const now = performance.now()
    const restMs = !dirty() && incomplete.size <= manyDetails ? 0 : restFactor * (now - began)
    notBefore = now + (floods > 0 ? Math.min(flood.mostMs, flood.firstMs * 2 ** (floods - 1)) : restMs)
    if (dirty()) soon(settleMs)
    else if (incomplete.size > 0) soon(0)
  }
  const mark = () => {
    // While a round is under way the next one follows it by itself.
    if (!working) soon(settleMs)
  }

  return {
    note(event) {
      if (touch(event)) mark()
    },
    relist({ kinds = objectKinds, afterGap: isGap = false } = {}) {
      afterGap ||= isGap
      // What fails is asked again at its own time, but for a gap, after which all may be well.
      for (const kind of kinds) if (isGap || !failing.has(kind)) dirtyKinds.add(kind)
      if (dirty()) mark()
    },
    get settled() {
      return isListed && !isListing && !dirty() && !failing.has('containers')
    },
    async stop() {
      stopped = true
      clearTimeout(timer)
      for (const { timer: later } of failing.values()) clearTimeout(later)
      await working?.catch(() => {})
    },
  }

  /** Marks what an event touches. Returns whether anything is to be read again. */
  function touch(event: EngineEvent): boolean {
    const { type, action, attributes } = event
    if (type === 'daemon') return false
    if (type === 'container') return touchContainer(event)
    if (type === 'volume' && /^(?:un)?mount$/.test(action)) return false
    if (type === 'network' && attributes.container && /^(?:dis)?connect$/.test(action)) {
      dirtyContainers.add(attributes.container)
      return true
    }
    const kind = kindOfEvent(type)
    if (kind) dirtyKinds.add(kind)
    if (type === 'pod') dirtyKinds.add('containers')
    return true
  }

  function touchContainer({ action, id }: EngineEvent): boolean {
    if (silent.test(action)) return false
    if (action === 'commit') {
      // It makes an image, of which Podman says nothing else.
      dirtyKinds.add('images')
      return true
    }
    if (action === 'destroy') {
      fleet.remove('containers', hostId, id)
      // Its anonymous volumes may have gone with it, and Podman tells nobody.
      dirtyKinds.add('volumes')
    }
    // Of a destroyed one too: an answer that was under way may put the row back after us.
    dirtyContainers.add(id)
    return true
  }
}

/** Docker's list gives an id where a tag has moved on; the container's own document still knows the name. */
const bareImageId = /^(sha256:)?[0-9a-f]{12,64}$/

/**
 * Details read before stay, while the container is in the same state: a relist must not blank them. Which volumes it has is
 * decided when it is made.
 */
export function keepDetails(row: Local<Container>, known: Container | undefined): Local<Container> {
  if (!known) return row
  const named = {
    ...row,
    ...(bareImageId.test(row.image) ? { image: known.image } : {}),
    volumes: row.volumes ?? known.volumes,
  }
  // Docker's list has no code of a dead one.
  const exitCode = row.state === 'dead' ? (row.exitCode ?? known.exitCode) : row.exitCode
  if (known.state !== row.state || known.exitCode !== exitCode) return named
  return {
    ...named,
    exitCode,
    error: row.error ?? known.error,
    startedAt: row.startedAt ?? known.startedAt,
    finishedAt: row.finishedAt ?? known.finishedAt,
    restartCount: row.restartCount ?? known.restartCount,
    oomKilled: row.oomKilled || known.oomKilled,
  }
}

/** Whether containers came, went or changed their state. */
function differ(known: readonly Container[], rows: readonly Local<Container>[]): boolean {
  const states = new Map(known.map(({ id, state }) => [id, state]))
  return states.size !== rows.length || rows.some(({ id, state }) => states.get(id) !== state)
}
