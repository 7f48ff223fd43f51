import type { Container } from '#lib/contracts/containers.ts'
import {
  creditLines,
  type LogPosition,
  type LogRow,
  type LogSelection,
  type LogServerFrame,
  type LogSource,
  maximumSources,
  maximumTail,
  orderWindowMs,
} from '#lib/contracts/logs.ts'
import type { LogLine } from '../engine/logs.ts'
import { AppError } from '../errors.ts'
import { toApiError } from '../messages.ts'
import { LogCursor } from './cursor.ts'
import type { LogItem } from './resume.ts'
import { type Options, readSource, type SourceParts, startOf } from './source.ts'

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

interface Queued {
  item: LogItem
  arrived: number
}

interface Source {
  view: LogSource
  queue: Queued[]
  cursor: LogCursor
  /** Nothing more is to be waited for: what others have may pass. */
  live: boolean
  done: boolean
  abort: AbortController
  resume(): void
}

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
  private credit = creditLines
  private slowTimer: NodeJS.Timeout | undefined
  private slow = false
  private timer: NodeJS.Timeout | undefined
  private unsubscribe: () => void = nothing
  private closed = false
  private closing: () => void = nothing
  private selecting: NodeJS.Timeout | undefined

  constructor(
    request: { selection: LogSelection; options: Options; resume: Record<string, LogPosition> },
    parts: ViewParts,
    send: (frame: LogServerFrame) => void,
    /** Called once nothing more can come: every source is read to its end, and sent. */
    ended: () => void = () => {},
  ) {
    this.parts = parts
    this.options = request.options
    this.selection = request.selection
    this.positions = request.resume
    this.send = send
    this.ended = ended
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
      this.unsubscribe = this.parts.fleet.subscribe(() => {
        this.selecting ??= setTimeout(() => {
          this.selecting = undefined
          this.choose(false)
        }, 200)
      })
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

  /** Lines before the first shown of a source. Throws AppError of the host or engine. */
  async older(index: number, before: bigint, shown: number, limit: number): Promise<void> {
    const source = this.sources[index]
    if (!source) throw new AppError('container_not_found')
    const { hostId, containerId } = source.view
    const engine = this.parts.registry.engine(hostId)
    const { signal } = source.abort
    const document = await engine.inspectContainer(containerId, { signal })
    const tty = (document.Config as { Tty?: boolean } | undefined)?.Tty === true
    // Engines find the end of a log and not a moment in it: the lines shown are read again and left out.
    const tail = Math.min(shown + limit + 1000, 10 * maximumTail)
    const lines = await engine.containerLogs(containerId, { tty, follow: false, tail, signal })
    let read = 0
    const found: LogLine[] = []
    for await (const line of lines) {
      read++
      if (line.time >= before) break
      if (this.wanted(line)) found.push(line)
      if (found.length > limit) found.shift()
    }
    const more = found.length === limit && read > limit
    const rows = found.map((line) => rowOf(index, line))
    this.send({ type: 'older', source: index, rows, more })
  }

  /** Adds the containers that match and are not there yet. */
  private choose(first: boolean): void {
    const matching = this.parts.select(this.selection)
    const added: Source[] = []
    let left = 0
    for (const container of matching) {
      const key = `${container.hostId}/${container.id}`
      if (this.byKey.has(key)) continue
      if (this.sources.length >= maximumSources) {
        left++
        continue
      }
      added.push(this.add(container, key, first))
    }
    if (added.length > 0 || first) this.send({ type: 'sources', sources: added.map(({ view }) => view) })
    if (left > 0 && added.length > 0) this.send({ type: 'tooMany', left })
    for (const source of added) void this.read(source, first)
    if (first && added.length === 0) this.soon(0)
  }

  private add(container: Container, key: string, first: boolean): Source {
    const host = this.parts.fleet.hosts().find(({ id }) => id === container.hostId)
    const source: Source = {
      view: {
        ...{ index: this.sources.length, hostId: container.hostId, containerId: container.id },
        ...{ name: container.name, host: host?.name ?? '', state: 'reading', error: null },
      },
      queue: [],
      cursor: new LogCursor(startOf(this.positions[key] ?? null, this.options)),
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
      ...{ hostId, id: containerId, options, signal: source.abort.signal },
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
    const flush = () => {
      if (rows.length > 0 || touched.size > 0) {
        const positions: Record<number, LogPosition> = {}
        for (const source of touched) {
          const position = source.cursor.position()
          if (position) positions[source.view.index] = position
        }
        this.send({ type: 'lines', rows, positions })
        this.credit -= rows.length
      }
      rows = []
      characters = 0
      touched = new Set()
    }
    for (;;) {
      if (this.credit - rows.length <= 0) {
        flush()
        this.pause()
        return
      }
      const next = this.earliest()
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
      next.cursor.pass(item.line.time)
      touched.add(next)
      if (!item.isNew || !this.wanted(item.line)) continue
      rows.push(rowOf(next.view.index, item.line))
      characters += item.line.text.length
      if (rows.length >= frameLines || characters >= frameCharacters) flush()
    }
    flush()
    this.goOn()
    const over = this.sources.every((source) => source.done && source.queue.length === 0)
    if (over && this.unsubscribe === nothing) this.ended()
  }

  /** The source whose head is next; milliseconds until one may be; null when there is none. */
  private earliest(): Source | number | null {
    let best: Source | null = null
    let bestTime = 0n
    let waits = false
    for (const source of this.sources) {
      const head = source.queue[0]
      if (!head) {
        if (!source.done && !source.live) return null
        waits ||= !source.done
        continue
      }
      // Marks of a gap and lines of before have no say in the order.
      if ('gap' in head.item || !head.item.isNew) return source
      if (best === null || head.item.line.time < bestTime) {
        best = source
        bestTime = head.item.line.time
      }
    }
    if (!best) return null
    if (!waits || this.sources.length === 1) return best
    const left = orderWindowMs - (performance.now() - (best.queue[0] as Queued).arrived)
    return left > 0 ? Math.ceil(left) : best
  }

  private wanted(line: LogLine): boolean {
    return line.stream === 'stdout' ? this.options.stdout : this.options.stderr
  }

  /** No credit: nothing is sent until the viewer has taken some; queues fill, and reading stops. */
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

function rowOf(index: number, line: LogLine): LogRow {
  return [index, String(line.time), line.stream === 'stdout' ? 0 : 1, line.text]
}
