import { applyLive, emptyFleet, type FleetCache } from '#lib/fleet/apply-live.ts'
import type { FleetFrame } from '#lib/fleet/live-protocol.ts'
import type { LiveSocket } from './live-socket.ts'

/** The fleet as the live socket tells it: a snapshot, then changes; after a cut it goes on from what it holds. */
export class FleetStore {
  readonly #live: LiveSocket
  readonly #options: {
    onServerTime?(now: string): void
    schedule?(flush: () => void): void
  }
  readonly #listeners = new Set<() => void>()
  #fleet: FleetCache = emptyFleet
  #pending: FleetCache = emptyFleet
  #flushing = false

  /**
   * @param options.onServerTime the server's clock, ISO 8601, just received
   * @param options.schedule readers are told at most once per frame of the screen, so that a storm of events costs one render
   */
  constructor(
    live: LiveSocket,
    options: { onServerTime?(now: string): void; schedule?(flush: () => void): void } = {},
  ) {
    this.#live = live
    this.#options = options
  }

  /** Stable between changes, for useSyncExternalStore. */
  readonly fleet = (): FleetCache => this.#fleet
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Follows the fleet until the returned function is called. */
  start(): () => void {
    return this.#live.follow({
      topic: 'fleet',
      params: (anew) => {
        const { epoch, seq } = this.#pending
        return epoch === null || anew ? {} : { epoch, seq }
      },
      frame: (frame) => this.#take(frame),
    })
  }

  #take(frame: FleetFrame): void {
    if ('now' in frame) this.#options.onServerTime?.(frame.now)
    this.#pending = applyLive(this.#pending, frame)
    if (this.#pending !== this.#fleet) this.#schedule()
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
