import { closeCodes } from '#lib/close-codes.ts'
import { applyLive, emptyFleet, type FleetCache } from '#lib/fleet/apply-live.ts'
import type { ClientFrame, ServerFrame } from '#lib/fleet/live-protocol.ts'
import { ReconnectingSocket } from './reconnecting-socket.ts'

/**
 * connecting: nothing yet. live: frames arrive. reconnecting: cut a moment ago. stale: cut for longer; the data is as of
 * `since`. blocked: no frame ever came although the server answers plain requests, so something between lets no
 * WebSocket through. refused: the server ended it for good (permission).
 */
export type ConnectionState = 'connecting' | 'live' | 'reconnecting' | 'stale' | 'blocked' | 'refused'
export interface Connection {
  state: ConnectionState
  /** When the last frame came (ISO 8601); null before the first. */
  since: string | null
}

export interface LiveOptions {
  connect(): WebSocket
  /** The session has ended. */
  onSignedOut(): void
  /** Whether the server answers a request that is no WebSocket. */
  answers?(): Promise<boolean>
  /** What one may see is other than it was: it comes back, with all anew, once this has ended. */
  onRightsChanged?(): Promise<unknown>
  /** The server's clock, ISO 8601, just received. */
  onServerTime?(now: string): void
  /** Told at most once per frame of the screen, so that a storm of events costs one render. */
  schedule?(flush: () => void): void
  /** Milliseconds without a connection after which what is shown counts as stale. */
  staleAfterMs?: number
  /** Missed beats after which the line counts as dead; the server beats every 10 s. */
  watchdogMs?: number
  /** Upper bound of the first wait before reconnecting. */
  firstWaitMs?: number
}

/**
 * The browser's one live socket: holds the fleet, resumes after a cut. It stays connected
 * in a hidden tab, because a dashboard must be right at the moment one looks at it.
 */
export class LiveClient {
  readonly #options: LiveOptions
  readonly #listeners = new Set<() => void>()
  #fleet: FleetCache = emptyFleet
  #pending: FleetCache = emptyFleet
  #connection: Connection = { state: 'connecting', since: null }
  readonly #socket: ReconnectingSocket
  #flushing = false
  /** What it holds may hold what is no longer for this reader: not to be gone on from. */
  #outdated = false
  #stale: ReturnType<typeof setTimeout> | undefined

  constructor(options: LiveOptions) {
    this.#options = options
    const { connect, firstWaitMs, watchdogMs = 25_000 } = options
    this.#socket = new ReconnectingSocket({
      connect,
      opened: () => this.#greet(),
      message: (data) => {
        if (typeof data === 'string') this.#take(JSON.parse(data) as ServerFrame)
      },
      closed: (code, comesBack) => this.#closed(code, comesBack),
      rightsChanged: async () => options.onRightsChanged?.(),
      silentMs: watchdogMs,
      ...(firstWaitMs === undefined ? {} : { firstWaitMs }),
    })
  }

  /** Stable between changes, for useSyncExternalStore. */
  readonly fleet = (): FleetCache => this.#fleet
  readonly connection = (): Connection => this.#connection
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  start(): void {
    this.#socket.start()
  }

  /** Ends the socket and every timer. `start` may follow (React mounts effects twice in development). */
  stop(): void {
    clearTimeout(this.#stale)
    this.#stale = undefined
    this.#socket.stop()
  }

  /** Reconnects at once instead of waiting: a person asked. */
  readonly retryNow = (): void => this.#socket.retryNow()

  #greet(): void {
    const { epoch, seq } = this.#pending
    const hello: ClientFrame =
      epoch === null || this.#outdated ? { type: 'hello' } : { type: 'hello', epoch, seq }
    this.#socket.send(JSON.stringify(hello))
  }

  #take(frame: ServerFrame): void {
    clearTimeout(this.#stale)
    if ('now' in frame) this.#options.onServerTime?.(frame.now)
    if (frame.type === 'snapshot') this.#outdated = false
    this.#pending = applyLive(this.#pending, frame)
    const was = this.#connection.state
    this.#connection = { state: 'live', since: null }
    if (was !== 'live' || this.#pending !== this.#fleet) this.#schedule()
  }

  #closed(code: number, comesBack: boolean): void {
    if (code === closeCodes.signedOut) {
      this.#options.onSignedOut()
      return
    }
    const { state, since } = this.#connection
    if (!comesBack) {
      this.#set({ state: 'refused', since })
      return
    }
    if (code === closeCodes.rightsChanged) {
      this.#outdated = true
      return
    }
    const { staleAfterMs = 10_000 } = this.#options
    if (state === 'live') {
      const cut = new Date().toISOString()
      this.#set({ state: 'reconnecting', since: cut })
      this.#stale = setTimeout(() => this.#set({ state: 'stale', since: cut }), staleAfterMs)
    } else if (state === 'connecting') {
      this.#stale ??= setTimeout(() => void this.#neverCame(), staleAfterMs)
    }
  }

  /** A browser does not tell why a socket was refused: whether anything else is answered does. */
  async #neverCame(): Promise<void> {
    this.#set({ state: 'stale', since: null })
    const answers = await this.#options.answers?.().catch(() => false)
    if (answers && this.#connection.state === 'stale') this.#set({ state: 'blocked', since: null })
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
