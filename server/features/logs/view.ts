import type { Container } from '#lib/contracts/containers.ts'
import {
  creditLines,
  type LogBegin,
  type LogPosition,
  type LogRow,
  type LogSelection,
  type LogServerFrame,
  type LogSource,
  maximumSources,
  maximumTail,
} from '#lib/contracts/logs.ts'
import type { LogLine } from '../../engine/logs.ts'
import { AppError } from '../../errors.ts'
import { toApiError } from '../../messages.ts'
import { LogCursor } from './cursor.ts'
import { linesBefore } from './older.ts'
import { earliest, type Queued, type Source } from './order.ts'
import { logOf, type Options, readSource, type SourceParts, startOf } from './source.ts'
import { runBegan } from './wait-until-running.ts'

/** Lines read ahead of a source that cannot be shown yet. */
const queueLines = 500
/** Lines and characters of one frame. */
const frameLines = 400
const frameCharacters = 128 * 1024
/** Milliseconds without credit until the viewer is told. */
const slowAfterMs = 1000
/** Followed lines gather this long, so that a busy log is a few frames a second and not thousands. */
const gatherMs = 30

const nothing = () => {}

export interface ViewParts extends SourceParts {
  /** The containers that the selection means now, which the viewer may read. */
  select(selection: LogSelection): Container[]
}

/**
 * One viewer's log: the sources of its selection, merged into time order, at the viewer's pace. Nothing is kept for a
 * viewer beyond a short queue for each source: what it does not take is not read.
 */
export class LogView {
  private readonly sources: Source[] = []
  private readonly byKey = new Map<string, Source>()
  private readonly parts: ViewParts
  private readonly options: Options
  private readonly selection: LogSelection
  private readonly positions: Record<string, LogPosition>
  private readonly send: (frame: LogServerFrame) => void
  private readonly ended: () => void
  private readonly isBehind: () => boolean
  private credit = creditLines
  private slowTimer: NodeJS.Timeout | undefined
  private slow = false
  private timer: NodeJS.Timeout | undefined
  private unsubscribe: () => void = nothing
  private closed = false
  private closing: () => void = nothing
  private selecting: NodeJS.Timeout | undefined
  private added = 0
  /** Matching containers that have no place. */
  private left = 0

  constructor(
    request: { selection: LogSelection; options: Options; resume: Record<string, LogPosition> },
    parts: ViewParts,
    send: (frame: LogServerFrame) => void,
    /** Called once nothing more can come: every source is read to its end, and sent. */
    ended: () => void = () => {},
    /** Whether too much of what was sent is still on its way. */
    isBehind: () => boolean = () => false,
  ) {
    this.parts = parts
    this.options = request.options
    this.selection = request.selection
    this.positions = request.resume
    this.send = send
    this.ended = ended
    this.isBehind = isBehind
  }

  /** Host and id of each container that it reads. */
  containers(): [hostId: string, id: string][] {
    return this.sources.map(({ view }) => [view.hostId, view.containerId])
  }

  onClosed(listener: () => void): void {
    this.closing = listener
  }

  /** Throws what the selection throws: invalid_filter, container_not_found, denied. */
  open(): void {
    this.choose(true)
    if ('filter' in this.selection && this.options.follow) {
      this.unsubscribe = this.parts.fleet.subscribe(() => this.chooseSoon())
    }
  }

  taken(lines: number): void {
    this.credit = Math.min(creditLines, this.credit + lines)
    this.soon(0)
  }

  close(): void {
    this.closed = true
    this.unsubscribe()
    this.closing()
    for (const timer of [this.timer, this.slowTimer, this.selecting]) clearTimeout(timer)
    for (const source of this.sources) {
      source.abort.abort()
      source.resume()
    }
  }

  /**
   * Lines before the first shown of a source, which is the `skip`-th of its time (absent: the one that this view began with).
   * Throws AppError of the host or engine.
   */
  async older(index: number, before: { time: bigint; skip?: number; shown: number }, limit: number) {
    const source = this.sources.find(({ view }) => view.index === index)
    if (!source) throw new AppError('container_not_found')
    const { hostId, containerId } = source.view
    const engine = this.parts.registry.engine(hostId)
    const { signal } = source.abort
    const { tty } = await logOf(engine, containerId, signal)
    const { time } = before
    const known = source.begin?.time === String(time) ? source.begin.skip : 0
    const { fleet } = this.parts
    const runStarted = () => runBegan(fleet, hostId, containerId)
    const read = async (tail: number | undefined) => {
      let entries = 0
      const asked = { tty, follow: false, signal, runBegan: runStarted, ...(tail ? { tail } : {}) }
      const lines = await engine.containers.logs(containerId, asked)
      const wanted = async function* (wants: (line: LogLine) => boolean) {
        for await (const line of lines) {
          entries += line.pieces ?? 1
          if (wants(line)) yield line
        }
      }
      return linesBefore(
        wanted((line) => this.wanted(line)),
        { time, skip: before.skip ?? known },
        limit,
        () => tail === undefined || entries < tail,
      )
    }
    // Engines find the end of a log and not a moment in it: the lines shown are read again and left out.
    const tail = Math.min(before.shown + limit + 1000, 10 * maximumTail)
    const nothing = { lines: [], more: false, begin: null }
    const found = (await read(tail)) ?? (await read(undefined)) ?? nothing
    source.begin = found.begin ?? source.begin
    const rows = found.lines.map((line) => rowOf(index, line))
    this.send({ type: 'older', source: index, rows, more: found.more, begin: found.begin })
  }

  /** Adds the containers that match and are not there yet. */
  private choose(first: boolean): void {
    const matching = this.parts.select(this.selection)
    this.forget(new Set(matching.map(keyOf)))
    const added: Source[] = []
    let left = 0
    for (const container of matching) {
      if (this.byKey.has(keyOf(container))) continue
      if (this.sources.length < maximumSources) added.push(this.add(container, first))
      else left++
    }
    if (added.length > 0 || first) this.send({ type: 'sources', sources: added.map(({ view }) => view) })
    if (left !== this.left) this.send({ type: 'tooMany', left })
    this.left = left
    for (const source of added) void this.read(source, first)
    if (first && added.length === 0) this.soon(0)
  }

  /** Containers that are gone, and told to their end, leave their places to others. */
  private forget(matching: ReadonlySet<string>): void {
    for (const source of Array.from(this.sources)) {
      const key = keyOf({ hostId: source.view.hostId, id: source.view.containerId })
      if (!source.done || source.queue.length > 0 || matching.has(key)) continue
      this.sources.splice(this.sources.indexOf(source), 1)
      this.byKey.delete(key)
    }
  }

  /** Not at each of a hundred changes. */
  private chooseSoon(): void {
    if (this.closed || this.unsubscribe === nothing) return
    this.selecting ??= setTimeout(() => {
      this.selecting = undefined
      this.choose(false)
    }, 200)
  }

  private add(container: Container, first: boolean): Source {
    const key = keyOf(container)
    const host = this.parts.fleet.hosts().find(({ id }) => id === container.hostId)
    const source: Source = {
      view: {
        index: this.added++,
        hostId: container.hostId,
        containerId: container.id,
        name: container.name,
        host: host?.name ?? '',
        state: 'reading',
        error: null,
      },
      queue: [],
      cursor: new LogCursor(startOf(this.positions[key] ?? null, this.options)),
      passed: null,
      begin: null,
      begun: this.positions[key] !== undefined,
      live: !first,
      done: false,
      abort: new AbortController(),
      resume: () => {},
    }
    this.sources.push(source)
    this.byKey.set(key, source)
    return source
  }

  private async read(source: Source, first: boolean): Promise<void> {
    const { hostId, containerId } = source.view
    // A container that came while we watched is shown from its first line.
    const options = first ? this.options : { ...this.options, tail: maximumTail }
    const items = readSource(this.parts, {
      hostId,
      id: containerId,
      options,
      signal: source.abort.signal,
      resume: this.positions[`${hostId}/${containerId}`] ?? null,
      say: (state, error) => this.say(source, state, error ?? null),
    })
    try {
      for await (const item of items) {
        source.queue.push({ item, arrived: performance.now() })
        this.soon(source.live ? gatherMs : 0)
        while (source.queue.length >= queueLines && !source.abort.signal.aborted)
          await new Promise<void>((resolve) => (source.resume = resolve))
      }
    } catch (error) {
      this.say(
        source,
        'failed',
        error instanceof AppError ? error : new AppError('internal', { cause: error }),
      )
    }
    source.done = true
    this.soon(0)
    this.chooseSoon()
  }

  private say(source: Source, state: LogSource['state'], error: AppError | null): void {
    if (this.closed) return
    if (state !== 'reading') source.live = true
    if (source.view.state === state && source.view.error?.code === error?.code) return
    source.view = { ...source.view, state, error: error && toApiError(error) }
    this.send({ type: 'sources', sources: [source.view] })
    this.soon(0)
  }

  private soon(delayMs: number): void {
    if (this.closed) return
    if (delayMs === 0) {
      clearTimeout(this.timer)
      this.timer = undefined
    }
    this.timer ??= setTimeout(() => {
      this.timer = undefined
      this.emit()
    }, delayMs)
  }

  /**
   * Sends what may be sent, in order: the earliest head of all queues, unless a source that could still have an earlier
   * one has nothing yet; for a followed one that wait is the order window.
   */
  private emit(): void {
    let rows: LogRow[] = []
    let characters = 0
    let touched = new Set<Source>()
    let begins: Record<number, LogBegin> = {}
    const flush = () => {
      if (rows.length > 0 || touched.size > 0) {
        const positions: Record<number, LogPosition> = {}
        for (const source of touched) {
          const position = source.cursor.position()
          if (position) positions[source.view.index] = position
        }
        this.send({
          type: 'lines',
          rows,
          positions,
          ...(Object.keys(begins).length > 0 ? { begins } : {}),
        })
        this.credit -= rows.length
      }
      rows = []
      characters = 0
      touched = new Set()
      begins = {}
    }
    for (;;) {
      if (this.credit - rows.length <= 0 || (rows.length === 0 && this.isBehind())) {
        flush()
        this.pause()
        return
      }
      const next = earliest(this.sources)
      if (next === null) break
      if (typeof next === 'number') {
        flush()
        this.soon(next)
        return
      }
      const { item } = next.queue.shift() as Queued
      if (next.queue.length < queueLines / 2) next.resume()
      if ('gap' in item) {
        if (!item.gap) continue
        flush()
        const { from, to } = item.gap
        this.send({ type: 'gap', source: next.view.index, from: String(from), to: String(to) })
        continue
      }
      touched.add(next)
      if ('isEmpty' in item) {
        next.cursor = new LogCursor(0n)
        continue
      }
      next.cursor.pass(item.line.time)
      if (!this.wanted(item.line)) continue
      const { time } = item.line
      if (!next.begun && item.isNew) {
        next.begun = true
        const skip = next.passed?.time === time ? next.passed.count : 0
        next.begin = { time: String(time), skip }
        begins[next.view.index] = next.begin
      } else if (!next.begun) {
        next.passed = { time, count: (next.passed?.time === time ? next.passed.count : 0) + 1 }
      }
      if (!item.isNew) continue
      rows.push(rowOf(next.view.index, item.line))
      characters += item.line.text.length
      if (rows.length >= frameLines || characters >= frameCharacters) flush()
    }
    flush()
    this.goOn()
    const over = this.sources.every((source) => source.done && source.queue.length === 0)
    if (over && this.unsubscribe === nothing) this.ended()
  }

  private wanted(line: LogLine): boolean {
    return line.stream === 'stdout' ? this.options.stdout : this.options.stderr
  }

  /** No credit, or behind: nothing is sent until the viewer has taken some; queues fill, and reading stops. */
  private pause(): void {
    if (this.slow || this.slowTimer) return
    this.slowTimer = setTimeout(() => {
      this.slowTimer = undefined
      this.slow = true
      this.send({ type: 'slow', paused: true })
    }, slowAfterMs)
  }

  private goOn(): void {
    clearTimeout(this.slowTimer)
    this.slowTimer = undefined
    if (!this.slow) return
    this.slow = false
    this.send({ type: 'slow', paused: false })
  }
}

const keyOf = ({ hostId, id }: Pick<Container, 'hostId' | 'id'>) => `${hostId}/${id}`

function rowOf(index: number, line: LogLine): LogRow {
  return [index, String(line.time), line.stream === 'stdout' ? 0 : 1, line.text]
}
