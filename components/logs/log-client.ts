import type {
  LogClientFrame,
  LogOptions,
  LogPosition,
  LogRow,
  LogSelection,
  LogServerFrame,
  LogSource,
} from '#lib/contracts/logs.ts'
import { liveCloseCodes } from '#lib/live-protocol.ts'

export interface LogHandlers {
  sources(sources: readonly LogSource[]): void
  rows(rows: readonly LogRow[]): void
  gap(source: number, from: string, to: string): void
  older(source: number, rows: readonly LogRow[], more: boolean): void
  slow(paused: boolean): void
  error(error: Extract<LogServerFrame, { type: 'error' }>['error']): void
  tooMany(left: number): void
  /** The line to the server is cut, or back. */
  connected(connected: boolean): void
}

const longestWaitMs = 10_000

/**
 * The browser's end of a log: opens it, and after a cut goes on exactly where it was. Sources keep the index of the
 * first connection, whatever order the server tells them in after a cut.
 */
export class LogClient {
  readonly #connect: () => WebSocket
  readonly #request: { selection: LogSelection; options: LogOptions }
  readonly #handlers: LogHandlers
  readonly #positions: Record<string, LogPosition> = {}
  readonly #sources: LogSource[] = []
  /** From the server's index of this connection to ours. */
  #indexes = new Map<number, number>()
  #socket: WebSocket | null = null
  #attempt = 0
  #retry: ReturnType<typeof setTimeout> | undefined
  #closed = false

  constructor(
    connect: () => WebSocket,
    request: { selection: LogSelection; options: LogOptions },
    handlers: LogHandlers,
  ) {
    this.#connect = connect
    this.#request = request
    this.#handlers = handlers
  }

  open(): void {
    const socket = this.#connect()
    this.#socket = socket
    this.#indexes = new Map()
    socket.addEventListener('open', () => {
      if (socket !== this.#socket) return socket.close()
      const { selection, options } = this.#request
      this.#send({ type: 'open', selection, ...options, resume: this.#positions })
      this.#handlers.connected(true)
    })
    socket.addEventListener('message', (event) => {
      if (socket === this.#socket) this.#take(JSON.parse(String(event.data)) as LogServerFrame)
    })
    socket.addEventListener('close', (event) => {
      if (socket !== this.#socket) return
      this.#socket = null
      this.#handlers.connected(false)
      // 1000: the server has said why; signed out and denied are the live socket's business.
      const final = [1000, 1008, liveCloseCodes.signedOut, liveCloseCodes.denied]
      if (this.#closed || final.includes(event.code)) return
      const wait = Math.random() * Math.min(longestWaitMs, 500 * 2 ** this.#attempt++)
      this.#retry = setTimeout(() => this.open(), wait)
    })
  }

  taken(lines: number): void {
    if (lines > 0) this.#send({ type: 'taken', lines })
  }

  older(source: number, before: string, shown: number, limit: number): void {
    const index = [...this.#indexes].find(([, ours]) => ours === source)?.[0]
    if (index !== undefined) this.#send({ type: 'older', source: index, before, shown, limit })
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#retry)
    const socket = this.#socket
    this.#socket = null
    // Closing while it still connects is reported as an error by the browser: such a one closes when it opens.
    if (socket && socket.readyState !== 0) socket.close()
  }

  #send(frame: LogClientFrame): void {
    if (this.#socket?.readyState === 1) this.#socket.send(JSON.stringify(frame))
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
        this.#attempt = 0
        for (const [index, position] of Object.entries(frame.positions)) {
          const source = this.#sources[ours(Number(index))]
          if (source) this.#positions[`${source.hostId}/${source.containerId}`] = position
        }
        return this.#handlers.rows(translate(frame.rows))
      case 'gap':
        return this.#handlers.gap(ours(frame.source), frame.from, frame.to)
      case 'older':
        return this.#handlers.older(ours(frame.source), translate(frame.rows), frame.more)
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
