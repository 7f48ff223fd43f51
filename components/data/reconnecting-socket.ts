import { closeCodes, finalCloseCodes } from '#lib/close-codes.ts'
import { urlOf } from './api.ts'

/** A WebSocket at a path of our API. Its binary messages come as an ArrayBuffer. */
export function openSocket(path: `/api/${string}`, query?: Record<string, string>): WebSocket {
  const socket = new WebSocket(new URL(urlOf(path, { query }), window.location.href.replace(/^http/, 'ws')))
  socket.binaryType = 'arraybuffer'
  return socket
}

export interface SocketOptions {
  /** Null for what may not be asked for now: the network is left alone, and it is looked at again later. */
  connect(): WebSocket | null
  opened?(): void
  message(data: string | ArrayBuffer): void
  /** @param comesBack whether it connects again by itself */
  closed?(code: number, comesBack: boolean): void
  /** Where rights have changed: what it waits for before it comes back. */
  rightsChanged?(): Promise<unknown>
  /** Milliseconds without a message after which an open line counts as cut; absent: any. */
  silentMs?: number
  /** Upper bound of the first wait before it connects again, in milliseconds; doubles up to 15 s. */
  firstWaitMs?: number
}

const longestWaitMs = 15_000

/**
 * A WebSocket that comes back after a cut, by itself and when the network or the person is back, until it is stopped or
 * the server ends it for good (`finalCloseCodes`). Waits have full jitter: after a restart of the server its fifty
 * viewers must not come back in step.
 */
export class ReconnectingSocket {
  readonly #options: SocketOptions
  #socket: WebSocket | null = null
  #attempt = 0
  #runs = false
  #retry: ReturnType<typeof setTimeout> | undefined
  #silence: ReturnType<typeof setTimeout> | undefined

  constructor(options: SocketOptions) {
    this.#options = options
  }

  /** Whether something can be sent. */
  get isOpen(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN
  }

  /** Bytes that the network has not taken yet. */
  get waiting(): number {
    return this.#socket?.bufferedAmount ?? 0
  }

  /** Connects. After `stop`, or a close for good, begins anew. */
  start(): void {
    if (this.#runs) return
    this.#runs = true
    this.#attempt = 0
    if (typeof document !== 'undefined') {
      window.addEventListener('online', this.retryNow)
      // A hidden tab's timers are slow: who looks at it again has waited enough.
      document.addEventListener('visibilitychange', this.#seen)
    }
    this.#open()
  }

  stop(): void {
    this.#rest()
    this.#drop()
  }

  /** Connects at once instead of waiting. */
  readonly retryNow = (): void => {
    if (!this.#runs || this.#socket) return
    this.#attempt = 0
    this.#open()
  }

  /** Of what is not open, nothing is sent. */
  send(data: string | Uint8Array<ArrayBuffer>): void {
    if (this.isOpen) this.#socket?.send(data)
  }

  readonly #seen = (): void => {
    if (!document.hidden) this.retryNow()
  }

  #open(): void {
    clearTimeout(this.#retry)
    const socket = this.#options.connect()
    this.#socket = socket
    if (!socket) {
      this.#retry = setTimeout(() => this.#open(), longestWaitMs)
      return
    }
    const isCurrent = () => socket === this.#socket
    socket.addEventListener('open', () => {
      // Closing while it still connects is reported as an error by the browser: such a one closes when it opens.
      if (isCurrent()) this.#options.opened?.()
      else socket.close()
    })
    socket.addEventListener('message', ({ data }) => {
      if (!isCurrent()) return
      this.#attempt = 0
      this.#watch()
      this.#options.message(data as string | ArrayBuffer)
    })
    // An error is always followed by close, which says more.
    socket.addEventListener('close', ({ code }) => {
      if (isCurrent()) this.#closed(code)
    })
    this.#watch()
  }

  /** A cut line often stays open without a word. */
  #watch(): void {
    clearTimeout(this.#silence)
    const { silentMs } = this.#options
    if (silentMs === undefined) return
    this.#silence = setTimeout(() => {
      this.#drop()
      this.#closed(1006)
    }, silentMs)
  }

  #closed(code: number): void {
    const { closed, rightsChanged, firstWaitMs = 1000 } = this.#options
    this.#socket = null
    clearTimeout(this.#silence)
    if (finalCloseCodes.has(code)) {
      this.#rest()
      closed?.(code, false)
      return
    }
    if (code === closeCodes.rightsChanged && rightsChanged) {
      closed?.(code, true)
      // Its failure is for others to tell.
      void rightsChanged().then(this.#again, this.#again)
      return
    }
    const wait = Math.random() * Math.min(longestWaitMs, firstWaitMs * 2 ** this.#attempt++)
    this.#retry = setTimeout(this.#again, wait)
    closed?.(code, true)
  }

  readonly #again = (): void => {
    if (this.#runs && !this.#socket) this.#open()
  }

  #rest(): void {
    this.#runs = false
    clearTimeout(this.#retry)
    clearTimeout(this.#silence)
    if (typeof document === 'undefined') return
    window.removeEventListener('online', this.retryNow)
    document.removeEventListener('visibilitychange', this.#seen)
  }

  #drop(): void {
    const socket = this.#socket
    this.#socket = null
    if (socket && socket.readyState !== WebSocket.CONNECTING) socket.close()
  }
}
