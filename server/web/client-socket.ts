import type { WebSocket } from 'ws'
import { closeCodes } from '#lib/close-codes.ts'
import type { Log } from '../log.ts'
import type { Ended } from '../principal/revocation-of-rights.ts'

/** Bytes handed over and not yet taken by the network: above the first, frames that may be left out are. */
const behindBytes = 1024 * 1024
/** Above this one the socket is closed, whatever it is sent. */
const mostBytes = 8 * 1024 * 1024
/** So long behind, and it is closed: who comes back begins anew. Milliseconds. */
const stuckMs = 30_000

/** Frames of which any may be left out, because a snapshot makes them good. */
export interface Feed {
  /** Sends the snapshot that it begins with: at once where nothing is waiting, otherwise when all of that has been taken. */
  begin(): void
  /** Who has too much waiting gets no more of them, and the snapshot when all of that has been taken. */
  offer(text: string): void
  stop(): void
}

/**
 * The server's end of one WebSocket, and the only way to send on it. What counts is what the network has not taken yet,
 * and never what the client says about it: over its bound the socket is closed, so that nobody who reads slowly, or not at
 * all, costs more than that.
 */
export class ClientSocket {
  private readonly socket: WebSocket
  private readonly log: Log
  /** More while a frame that is larger than the bounds, such as a snapshot, is on its way alone. */
  private allowance = 0
  private behindSince: number | null = null
  /** Snapshots of the feeds of which frames were left out. */
  private readonly missed = new Set<() => string>()
  private readonly closing: ((code: number | null) => void)[] = []
  private isEnding = false

  constructor(socket: WebSocket, log: Log) {
    this.socket = socket
    this.log = log
    socket.once('close', (code: number) => {
      for (const listener of this.closing) this.letGo(listener, this.isEnding ? null : code)
    })
    // The library's own answers are counted nowhere: a client that pings and never reads would pile them up.
    socket.on('ping', (data) => {
      if (!this.isOver()) socket.pong(data)
    })
  }

  /** Bytes that the network has not taken yet. */
  get waiting(): number {
    return this.socket.bufferedAmount
  }

  get isOpen(): boolean {
    return !this.isEnding && this.socket.readyState === this.socket.OPEN
  }

  /**
   * Sends what may not be left out, or closes a socket that has too much waiting.
   * @param taken called when the network has taken it
   */
  send(data: string | Buffer, taken?: () => void): void {
    if (!this.isOpen || this.isOver()) return
    if (this.waiting === 0) this.allowance = Buffer.byteLength(data)
    this.socket.send(data, (error) => {
      if (error) return
      taken?.()
      this.catchUp()
    })
  }

  /** A way to send what a later snapshot makes good. A socket may have several: each misses and makes good its own. */
  feed(snapshot: () => string): Feed {
    return {
      begin: () => {
        if (!this.isOpen) return
        this.missed.add(snapshot)
        this.catchUp()
      },
      offer: (text) => {
        if (!this.isOpen) return
        if (this.missed.has(snapshot) && this.waiting === 0) this.makeGood(snapshot)
        else if (this.isBehind() || this.missed.has(snapshot)) {
          this.missed.add(snapshot)
          this.closeWhenStuck()
        } else this.send(text)
      },
      stop: () => this.missed.delete(snapshot),
    }
  }

  /**
   * Sends a snapshot that is owed, when all has been taken: one at a time, since each may be larger than the bounds, and
   * also of a feed that has nothing more to offer by itself.
   */
  catchUp(): void {
    const [snapshot] = this.missed
    if (!snapshot || !this.isOpen || this.waiting > 0) return
    try {
      this.makeGood(snapshot)
    } catch (error) {
      this.fail(error)
    }
  }

  private makeGood(snapshot: () => string): void {
    this.missed.delete(snapshot)
    this.send(snapshot())
  }

  /** Whether it has more waiting than it should: what can be left out, or read later, is. */
  isBehind(): boolean {
    if (this.waiting > this.allowance + behindBytes) this.behindSince ??= performance.now()
    else this.behindSince = null
    return this.behindSince !== null
  }

  /** Whoever has been behind for too long is closed. */
  closeWhenStuck(): void {
    if (this.isBehind() && performance.now() - (this.behindSince ?? 0) > stuckMs)
      this.close(closeCodes.tooSlow, 'too slow')
  }

  private isOver(): boolean {
    if (this.waiting <= this.allowance + mostBytes) return false
    this.close(closeCodes.tooSlow, 'too slow')
    return true
  }

  /** Hears what the client says until the socket is closed. A message that cannot be dealt with ends the socket alone. */
  onMessage(listener: (data: Buffer, isBinary: boolean) => void): void {
    this.socket.on('message', (data, isBinary) => {
      if (this.isEnding) return
      try {
        listener(data as Buffer, isBinary)
      } catch (error) {
        this.fail(error)
      }
    })
  }

  /**
   * Is told at once when it is closed already.
   * @param listener gets the client's close code, 1006 where it went without one, and null where the end was ours
   */
  onClose(listener: (code: number | null) => void): void {
    if (this.socket.readyState === this.socket.CLOSED) this.letGo(listener, null)
    else this.closing.push(listener)
  }

  private letGo(listener: (code: number | null) => void, code: number | null): void {
    try {
      listener(code)
    } catch (error) {
      this.log.error({ err: error }, 'socket: what it held could not be let go')
    }
  }

  /** Nothing more is read until `resume`. */
  pause(): void {
    this.socket.pause()
  }

  resume(): void {
    this.socket.resume()
  }

  /** From here on nothing that it says is heard. A peer that leaves the close frame unanswered is cut (closeTimeout). */
  close(code: number, reason: string): void {
    if (this.isEnding) return
    this.isEnding = true
    this.socket.close(code, reason)
    // Paused, it would not hear the answer.
    this.socket.resume()
  }

  /** Ends it with its rights. */
  end(ended?: Pick<Ended, 'changed'>): void {
    if (ended?.changed) this.close(closeCodes.rightsChanged, 'rights changed')
    else this.close(closeCodes.signedOut, 'signed out')
  }

  /** A fault of ours: the browser comes back, and everybody else goes on. */
  fail(error: unknown): void {
    this.log.error({ err: error }, 'socket failed')
    this.close(closeCodes.failed, 'failed')
  }

  /** As `fail`, where the fault is logged already. */
  readonly drop = (): void => this.close(closeCodes.failed, 'failed')
}
