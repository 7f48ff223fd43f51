import { applyLive, emptyFleet, type FleetCache } from '#lib/apply-live.ts'
import { type ClientFrame, liveCloseCodes, type ServerFrame } from '#lib/live-protocol.ts'

/**
 * connecting: nothing yet. live: frames arrive. reconnecting: cut a moment ago. stale: cut for longer; the data is as of
 * `since`. refused: the server ended it for good (permission).
 */
export type ConnectionState = 'connecting' | 'live' | 'reconnecting' | 'stale' | 'refused'
export interface Connection {
  state: ConnectionState
  /** When the last frame came (ISO 8601); null before the first. */
  since: string | null
}

export interface LiveOptions {
  connect(): WebSocket
  /** The session has ended. */
  onSignedOut(): void
  /** What one may see is other than it was: it comes back, with all anew, once this has ended. */
  onRightsChanged?(): Promise<unknown>
  /** The server's clock, ISO 8601, just received. */
  onServerTime?(now: string): void
  /** Told at most once per frame of the screen, so that a storm of events costs one render. */
  schedule?(flush: () => void): void
  /** Missed beats after which the line counts as dead; the server beats every 10 s. */
  watchdogMs?: number
  /** Upper bound of the first wait before reconnecting; doubles up to 15 s. */
  firstWaitMs?: number
}

const staleAfterMs = 10_000
const longestWaitMs = 15_000

/**
 * The browser's one live socket: holds the fleet, resumes after a cut, reconnects with full jitter. It stays connected
 * in a hidden tab, because a dashboard must be right at the moment one looks at it.
 */
export class LiveClient {
  readonly #options: LiveOptions
  readonly #listeners = new Set<() => void>()
  #fleet: FleetCache = emptyFleet
  #pending: FleetCache = emptyFleet
  #connection: Connection = { state: 'connecting', since: null }
  #socket: WebSocket | null = null
  #attempt = 0
  #flushing = false
  /** What it holds may hold what is no longer for this reader: not to be gone on from. */
  #outdated = false
  #stopped = true
  #timers: Partial<Record<'retry' | 'watchdog' | 'stale', ReturnType<typeof setTimeout>>> = {}

  constructor(options: LiveOptions) {
    this.#options = options
  }

  /** Stable between changes, for useSyncExternalStore. */
  readonly fleet = (): FleetCache => this.#fleet
  readonly connection = (): Connection => this.#connection
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  start(): void {
    this.#stopped = false
    this.#open()
  }

  /** Ends the socket and every timer. `start` may follow (React mounts effects twice in development). */
  stop(): void {
    this.#stopped = true
    for (const timer of Object.values(this.#timers)) clearTimeout(timer)
    this.#timers = {}
    this.#drop()
  }

  /** Reconnects at once instead of waiting: the network is back, or a person asked. */
  readonly retryNow = (): void => {
    if (this.#stopped || this.#socket || this.#connection.state === 'refused') return
    clearTimeout(this.#timers.retry)
    this.#attempt = 0
    this.#open()
  }

  #open(): void {
    const socket = this.#options.connect()
    this.#socket = socket
    const isCurrent = () => socket === this.#socket
    socket.addEventListener('open', () => {
      if (!isCurrent()) {
        socket.close()
        return
      }
      const { epoch, seq } = this.#pending
      const hello: ClientFrame =
        epoch === null || this.#outdated ? { type: 'hello' } : { type: 'hello', epoch, seq }
      socket.send(JSON.stringify(hello))
    })
    socket.addEventListener('message', (event) => {
      if (isCurrent() && typeof event.data === 'string') this.#take(JSON.parse(event.data) as ServerFrame)
    })
    // An error is always followed by close, which says more.
    socket.addEventListener('close', (event) => {
      if (isCurrent()) this.#closed(event.code)
    })
    this.#watch()
  }

  #take(frame: ServerFrame): void {
    this.#watch()
    this.#attempt = 0
    clearTimeout(this.#timers.stale)
    if ('now' in frame) this.#options.onServerTime?.(frame.now)
    if (frame.type === 'snapshot') this.#outdated = false
    this.#pending = applyLive(this.#pending, frame)
    const was = this.#connection.state
    this.#connection = { state: 'live', since: null }
    if (was !== 'live' || this.#pending !== this.#fleet) this.#schedule()
  }

  /** A cut line often stays open without a word: no frame for this long counts as closed. */
  #watch(): void {
    clearTimeout(this.#timers.watchdog)
    this.#timers.watchdog = setTimeout(() => {
      this.#drop()
      this.#closed(1006)
    }, this.#options.watchdogMs ?? 25_000)
  }

  #drop(): void {
    const socket = this.#socket
    this.#socket = null
    // Closing while it still connects is reported as an error by the browser: such a one closes when it opens.
    if (socket && socket.readyState !== 0) socket.close()
  }

  #closed(code: number): void {
    this.#socket = null
    clearTimeout(this.#timers.watchdog)
    if (code === liveCloseCodes.signedOut) {
      this.#options.onSignedOut()
      return
    }
    if (code === liveCloseCodes.denied) {
      this.#set({ state: 'refused', since: this.#connection.since })
      return
    }
    if (code === liveCloseCodes.rightsChanged) {
      this.#outdated = true
      const again = () => {
        if (!this.#stopped && !this.#socket) this.#open()
      }
      // Its failure is the session's own to tell.
      void (this.#options.onRightsChanged?.() ?? Promise.resolve()).then(again, again)
      return
    }
    const { state } = this.#connection
    if (state === 'live') {
      const since = new Date().toISOString()
      this.#set({ state: 'reconnecting', since })
      this.#timers.stale = setTimeout(() => this.#set({ state: 'stale', since }), staleAfterMs)
    } else if (state === 'connecting') {
      this.#timers.stale ??= setTimeout(() => this.#set({ state: 'stale', since: null }), staleAfterMs)
    }
    // Full jitter: after a restart of the server its fifty viewers must not come back in step.
    const bound = Math.min(longestWaitMs, (this.#options.firstWaitMs ?? 1000) * 2 ** this.#attempt)
    this.#attempt++
    this.#timers.retry = setTimeout(() => this.#open(), Math.random() * bound)
  }

  #set(connection: Connection): void {
    this.#connection = connection
    this.#schedule()
  }

  #schedule(): void {
    if (this.#flushing) return
    this.#flushing = true
    const flush = () => {
      this.#flushing = false
      this.#fleet = this.#pending
      for (const listener of this.#listeners) listener()
    }
    const schedule = this.#options.schedule ?? flushSoon
    schedule(flush)
  }
}

/** The next frame of the screen; a hidden tab has none, so a timer there. */
function flushSoon(flush: () => void): void {
  if (document.hidden) setTimeout(flush, 250)
  else requestAnimationFrame(flush)
}
