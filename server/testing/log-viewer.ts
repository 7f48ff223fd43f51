import { WebSocket } from 'ws'
import type {
  LogClientFrame,
  LogOptions,
  LogPosition,
  LogSelection,
  LogServerFrame,
  LogSource,
} from '#lib/contracts/logs.ts'
import type { AppUnderTest } from './app-under-test.ts'

/** A browser's end of the log socket: takes what comes, and can be cut and come back. */
export class LogViewer {
  readonly rows: { source: string; text: string; stream: number; time: bigint }[] = []
  readonly frames: LogServerFrame[] = []
  readonly sources = new Map<number, LogSource>()
  readonly positions: Record<string, LogPosition> = {}
  takes = true
  private socket: WebSocket | null = null
  private readonly app: AppUnderTest
  private readonly selection: LogSelection
  private readonly options: LogOptions

  constructor(app: AppUnderTest, selection: LogSelection, options: LogOptions = {}) {
    this.app = app
    this.selection = selection
    this.options = options
  }

  async open(): Promise<this> {
    const { origin, cookie } = this.app
    const socket = new WebSocket(`${origin.replace('http', 'ws')}/api/logs`, {
      headers: { cookie, origin },
    })
    this.socket = socket
    this.sources.clear()
    socket.on('message', (data) => {
      if (socket === this.socket) this.receive(JSON.parse(String(data)))
    })
    await new Promise((resolve, reject) => {
      socket.once('open', resolve)
      socket.once('error', reject)
    })
    this.say({ type: 'open', selection: this.selection, ...this.options, resume: this.positions })
    return this
  }

  say(frame: LogClientFrame): void {
    this.socket?.send(JSON.stringify(frame))
  }

  /** As a network does it: without a word. */
  cut(): void {
    const socket = this.socket
    this.socket = null
    socket?.terminate()
  }

  get text(): string[] {
    return this.rows.map((row) => row.text)
  }

  private receive(frame: LogServerFrame): void {
    this.frames.push(frame)
    if (frame.type === 'sources') for (const source of frame.sources) this.sources.set(source.index, source)
    if (frame.type !== 'lines') return
    for (const [index, time, stream, text] of frame.rows)
      this.rows.push({ source: this.sources.get(index)?.name ?? '', text, stream, time: BigInt(time) })
    for (const [index, position] of Object.entries(frame.positions)) {
      const source = this.sources.get(Number(index))
      if (source) this.positions[`${source.hostId}/${source.containerId}`] = position
    }
    if (this.takes && frame.rows.length > 0) this.say({ type: 'taken', lines: frame.rows.length })
  }
}
