import { setTimeout as pause } from 'node:timers/promises'
import { objectKey } from '#lib/fleet/apply-live.ts'
import { backoffDelay } from '../../backoff.ts'
import type { EngineClient } from '../../engine/types.ts'
import type { Log } from '../../log.ts'
import type { StatsStore } from './store.ts'

/** Without a word for this long nothing is known: engines send one a second. Milliseconds. */
const silenceMs = 5000

export interface UpstreamParts {
  store: StatsStore
  log: Log
  /** The host's engine while it is connected. */
  engine(hostId: string): EngineClient | undefined
  isRunning(hostId: string, id: string): boolean
}

/**
 * The live streams: one for each watched container on Docker, one for each host on Podman, however many watch. A stream
 * begins with the first viewer and ends with the last, with its container or with its host; while it is watched, it
 * comes back.
 */
export class Upstreams {
  private readonly parts: UpstreamParts
  /** Viewers by host and container. */
  private readonly viewers = new Map<string, Map<string, number>>()
  /** Running streams by key: a container's on Docker, the host's on Podman. */
  private readonly streams = new Map<string, { hostId: string; engine: EngineClient; end: AbortController }>()

  constructor(parts: UpstreamParts) {
    this.parts = parts
  }

  /** Returns how to stop watching. */
  watch(hostId: string, id: string): () => void {
    const counts = this.viewers.get(hostId) ?? new Map<string, number>()
    this.viewers.set(hostId, counts.set(id, (counts.get(id) ?? 0) + 1))
    this.reconcile(hostId)
    let watching = true
    return () => {
      if (!watching) return
      watching = false
      const left = (counts.get(id) ?? 1) - 1
      if (left > 0) counts.set(id, left)
      else counts.delete(id)
      if (counts.size === 0) this.viewers.delete(hostId)
      this.reconcile(hostId)
    }
  }

  /** Whether its readings come by a stream. */
  isFollowed(hostId: string, id: string): boolean {
    return this.streams.has(hostId) || this.streams.has(objectKey(hostId, id))
  }

  /** Begins and ends the host's streams as viewers, containers and the connection want it now. */
  reconcile(hostId: string): void {
    const wanted = this.wanted(hostId)
    const engine = this.parts.engine(hostId)
    for (const [key, stream] of this.streams) {
      if (stream.hostId !== hostId || (wanted.has(key) && stream.engine === engine)) continue
      this.streams.delete(key)
      stream.end.abort()
    }
    if (!engine) return
    for (const [key, id] of wanted) {
      if (this.streams.has(key)) continue
      const end = new AbortController()
      this.streams.set(key, { hostId, engine, end })
      void this.follow(engine, hostId, id, end.signal)
    }
  }

  stop(): void {
    this.viewers.clear()
    for (const { end } of this.streams.values()) end.abort()
    this.streams.clear()
  }

  /** Keys of the streams that there should be, with the container, or null for all of the host. */
  private wanted(hostId: string): Map<string, string | null> {
    const engine = this.parts.engine(hostId)
    const watched = [...(this.viewers.get(hostId)?.keys() ?? [])]
    const running = watched.filter((id) => this.parts.isRunning(hostId, id))
    if (!engine || running.length === 0) return new Map()
    if (engine.info?.flavour === 'podman') return new Map([[hostId, null]])
    return new Map(running.map((id) => [objectKey(hostId, id), id]))
  }

  /** Until aborted: a stream that ends while it is watched is opened again. */
  private async follow(
    engine: EngineClient,
    hostId: string,
    id: string | null,
    signal: AbortSignal,
  ): Promise<void> {
    const { store, log } = this.parts
    const lose = () => {
      const watched = id === null ? (this.viewers.get(hostId)?.keys() ?? []) : [id]
      for (const each of watched) store.addGap(hostId, each)
    }
    let failures = 0
    while (!signal.aborted) {
      const silence = new Silence(lose)
      try {
        const readings =
          id === null
            ? await engine.system.followStats({ signal })
            : await engine.containers.followStats(id, { signal })
        for await (const reading of readings) {
          if (signal.aborted) break
          failures = 0
          silence.broken()
          for (const each of Array.isArray(reading) ? reading : [reading]) {
            if (each) store.addFine(hostId, each)
            else if (id !== null) store.addGap(hostId, id)
          }
        }
      } catch (error) {
        if (!signal.aborted) log.debug({ err: error, hostId, id }, 'stats stream')
      } finally {
        silence.end()
      }
      if (signal.aborted) break
      lose()
      await pause(500 + backoffDelay(++failures, { baseMs: 500, capMs: 10_000 }), undefined, {
        signal,
      }).catch(() => {})
    }
    const followed = id === null ? [...(store.hosts.get(hostId)?.containers.keys() ?? [])] : [id]
    for (const each of followed) store.endFine(hostId, each)
  }
}

/** Tells once when a stream has been silent for too long, and again after it has spoken. */
class Silence {
  private timer: NodeJS.Timeout
  private readonly lost: () => void

  constructor(lost: () => void) {
    this.lost = lost
    this.timer = setTimeout(lost, silenceMs)
  }

  broken(): void {
    clearTimeout(this.timer)
    this.timer = setTimeout(this.lost, silenceMs)
  }

  end(): void {
    clearTimeout(this.timer)
  }
}
