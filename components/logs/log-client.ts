import { ReconnectingSocket } from '#components/data/reconnecting-socket.ts'
import type {
  LogBegin,
  LogClientFrame,
  LogOptions,
  LogPosition,
  LogRow,
  LogSelection,
  LogServerFrame,
  LogSource,
} from '#lib/contracts/logs.ts'

export interface LogHandlers {
  sources(sources: readonly LogSource[]): void
  /** `begins`: where the first line of a source is among them. */
  rows(rows: readonly LogRow[], begins: ReadonlyMap<number, LogBegin>): void
  gap(source: number, from: string, to: string): void
  older(source: number, rows: readonly LogRow[], more: boolean, begin: LogBegin | null): void
  slow(paused: boolean): void
  error(error: Extract<LogServerFrame, { type: 'error' }>['error']): void
  tooMany(left: number): void
  /** The line to the server is cut, or back. */
  connected(connected: boolean): void
}

/**
 * The browser's end of a log: opens it, and after a cut goes on exactly where it was. Sources keep the index of the
 * first connection, whatever order the server tells them in after a cut.
 */
export class LogClient {
  readonly #socket: ReconnectingSocket
  readonly #request: { selection: LogSelection; options: LogOptions }
  readonly #handlers: LogHandlers
  readonly #positions: Record<string, LogPosition> = {}
  readonly #sources: LogSource[] = []
  /** From the server's index of this connection to ours. */
  #indexes = new Map<number, number>()

  /** @param connect null while the reader may read no logs */
  constructor(
    connect: () => WebSocket | null,
    request: { selection: LogSelection; options: LogOptions },
    handlers: LogHandlers,
  ) {
    this.#request = request
    this.#handlers = handlers
    this.#socket = new ReconnectingSocket({
      connect,
      opened: () => this.#opened(),
      message: (data) => this.#take(JSON.parse(String(data)) as LogServerFrame),
      closed: () => handlers.connected(false),
    })
  }

  open(): void {
    this.#socket.start()
  }

  #opened(): void {
    this.#indexes = new Map()
    const { selection, options } = this.#request
    this.#send({ type: 'open', selection, ...options, resume: this.#positions })
    this.#handlers.connected(true)
  }

  taken(lines: number): void {
    if (lines > 0) this.#send({ type: 'taken', lines })
  }

  /** @param first the first line of it that the page has, and how many there are from it on. */
  older(source: number, first: LogBegin & { shown: number }, limit: number): void {
    const index = [...this.#indexes].find(([, ours]) => ours === source)?.[0]
    const { time: before, skip, shown } = first
    if (index !== undefined) this.#send({ type: 'older', source: index, before, skip, shown, limit })
  }

  close(): void {
    this.#socket.stop()
  }

  #send(frame: LogClientFrame): void {
    this.#socket.send(JSON.stringify(frame))
  }

  #take(frame: LogServerFrame): void {
    const ours = (index: number) => this.#indexes.get(index) ?? 0
    const translate = (rows: readonly LogRow[]) =>
      rows.map(([index, ...rest]): LogRow => [ours(index), ...rest])
    switch (frame.type) {
      case 'sources':
        for (const source of frame.sources) this.#source(source)
        return this.#handlers.sources([...this.#sources])
      case 'lines':
        for (const [index, position] of Object.entries(frame.positions)) {
          const source = this.#sources[ours(Number(index))]
          if (source) this.#positions[`${source.hostId}/${source.containerId}`] = position
        }
        return this.#handlers.rows(
          translate(frame.rows),
          new Map(Object.entries(frame.begins ?? {}).map(([index, begin]) => [ours(Number(index)), begin])),
        )
      case 'gap':
        return this.#handlers.gap(ours(frame.source), frame.from, frame.to)
      case 'older':
        return this.#handlers.older(ours(frame.source), translate(frame.rows), frame.more, frame.begin)
      case 'slow':
        return this.#handlers.slow(frame.paused)
      case 'tooMany':
        return this.#handlers.tooMany(frame.left)
      case 'error':
        return this.#handlers.error(frame.error)
    }
  }

  #source(source: LogSource): void {
    const known = this.#sources.findIndex(
      (other) => other.hostId === source.hostId && other.containerId === source.containerId,
    )
    const index = known < 0 ? this.#sources.length : known
    this.#indexes.set(source.index, index)
    this.#sources[index] = { ...source, index }
  }
}
