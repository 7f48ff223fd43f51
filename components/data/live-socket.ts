import { closeCodes } from '#lib/close-codes.ts'
import type { ApiError } from '#lib/contracts/common.ts'
import type { LiveFrame, LiveRequest, TopicFrames, TopicParams } from '#lib/contracts/live.ts'
import type { TopicName } from '#lib/live-topics.ts'
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

export interface LiveSocketOptions {
  connect(): WebSocket
  /** The session has ended. */
  onSignedOut(): void
  /** Whether the server answers a request that is no WebSocket. */
  answers?(): Promise<boolean>
  /** What one may see is other than it was: it comes back, with all anew, once this has ended. */
  onRightsChanged?(): Promise<unknown>
  /** The server's clock, ISO 8601, just received. */
  onServerTime?(now: string): void
  /** Milliseconds without a connection after which what is shown counts as stale. */
  staleAfterMs?: number
  /** Missed beats after which the line counts as dead; the server beats every 10 s. */
  watchdogMs?: number
  /** Upper bound of the first wait before reconnecting. */
  firstWaitMs?: number
}

/** What a store asks of a topic, and hears. */
export interface Follower<Name extends TopicName> {
  topic: Name
  /**
   * Of each time that it is asked for.
   * @param anew what is held may hold what is no longer for this reader: not to be gone on from
   */
  params(anew: boolean): TopicParams[Name]
  frame(frame: TopicFrames[Name]): void
  /** It is told nothing now: not permitted, not there, or too many. */
  refused?(error: ApiError): void
  /** What a denial is kept by, besides the topic. */
  about?: string
}

interface Wanted {
  id: string
  follower: Follower<TopicName>
  /** Since rights changed nothing came of it. */
  anew: boolean
  refusal: ApiError | null
}

/**
 * The browser's one live socket, for all that follows something on the page. It stays connected in a hidden tab, because
 * a dashboard must be right at the moment one looks at it. After a cut it asks again for all that is followed; what was
 * denied is not asked for again until rights are others.
 */
export class LiveSocket {
  readonly #options: LiveSocketOptions
  readonly #socket: ReconnectingSocket
  readonly #listeners = new Set<() => void>()
  readonly #wanted = new Map<string, Wanted>()
  readonly #denied = new Map<string, ApiError>()
  #ids = 0
  #connection: Connection = { state: 'connecting', since: null }
  #stale: ReturnType<typeof setTimeout> | undefined

  constructor(options: LiveSocketOptions) {
    this.#options = options
    const { connect, firstWaitMs, watchdogMs = 25_000 } = options
    this.#socket = new ReconnectingSocket({
      connect,
      opened: () => this.#askAll(),
      message: (data) => {
        if (typeof data === 'string') this.#take(JSON.parse(data) as LiveFrame)
      },
      closed: (code, comesBack) => this.#closed(code, comesBack),
      rightsChanged: async () => options.onRightsChanged?.(),
      silentMs: watchdogMs,
      ...(firstWaitMs === undefined ? {} : { firstWaitMs }),
    })
  }

  /** Stable between changes, for useSyncExternalStore. */
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

  /** Follows a topic until the returned function is called; before the socket is open, from then on. */
  follow<Name extends TopicName>(follower: Follower<Name>): () => void {
    const id = String(++this.#ids)
    const erased = follower as unknown as Follower<TopicName>
    const refusal = this.#denied.get(keyOf(erased)) ?? null
    const wanted: Wanted = { id, follower: erased, anew: false, refusal }
    this.#wanted.set(id, wanted)
    if (refusal) follower.refused?.(refusal)
    else if (this.#socket.isOpen) this.#ask(wanted)
    return () => {
      if (this.#wanted.delete(id) && !wanted.refusal) this.#send({ type: 'unsubscribe', id })
    }
  }

  #askAll(): void {
    for (const wanted of this.#wanted.values()) {
      wanted.refusal = this.#denied.get(keyOf(wanted.follower)) ?? null
      if (!wanted.refusal) this.#ask(wanted)
    }
  }

  #ask({ id, follower, anew }: Wanted): void {
    this.#send({ type: 'subscribe', id, topic: follower.topic, params: follower.params(anew) })
  }

  #send(request: LiveRequest): void {
    this.#socket.send(JSON.stringify(request))
  }

  #take(frame: LiveFrame): void {
    clearTimeout(this.#stale)
    this.#pass(frame)
    if (this.#connection.state !== 'live') this.#set({ state: 'live', since: null })
  }

  #pass(frame: LiveFrame): void {
    if (frame.type === 'beat') this.#options.onServerTime?.(frame.now)
    else if (frame.type === 'rights') this.#askRefused()
    else {
      const wanted = this.#wanted.get(frame.id)
      // Of what was left a moment ago, the last may still come.
      if (!wanted) return
      if (frame.type === 'frame') {
        wanted.anew = false
        wanted.follower.frame(frame.frame)
      } else this.#refused(wanted, frame.error)
    }
  }

  #refused(wanted: Wanted, error: ApiError): void {
    wanted.refusal = error
    if (error.code === 'denied') this.#denied.set(keyOf(wanted.follower), error)
    wanted.follower.refused?.(error)
  }

  #askRefused(): void {
    this.#denied.clear()
    for (const wanted of this.#wanted.values()) {
      if (!wanted.refusal) continue
      wanted.refusal = null
      this.#ask(wanted)
    }
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
      this.#denied.clear()
      for (const wanted of this.#wanted.values()) wanted.anew = true
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
    for (const listener of this.#listeners) listener()
  }
}

const keyOf = ({ topic, about = '' }: Follower<TopicName>) => `${topic} ${about}`
