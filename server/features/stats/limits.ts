import type { EngineClient } from '../../engine/types.ts'
import type { Log } from '../../log.ts'
import { cpuLimitOf } from './sample.ts'

/** Limits can be changed while somebody looks. Milliseconds. */
const limitEveryMs = 30_000

type Listener = (cpus: number | null) => void

interface Followed {
  listeners: Set<Listener>
  /** The last answer; undefined before the first. */
  limit: number | null | undefined
  stop(): void
}

export interface Limits {
  /**
   * Tells how many cores a container may use, null where it has no limit of its own: soon, and then every half a minute, until
   * the returned function is called. The engine is asked once for all who look at the same container.
   */
  follow(hostId: string, id: string, listener: Listener): () => void
}

/** @param engineOf the engine of a host that is online. */
export function createLimits(engineOf: (hostId: string) => EngineClient | undefined, log: Log): Limits {
  const containers = new Map<string, Followed>()
  const begin = (hostId: string, id: string): Followed => {
    const controller = new AbortController()
    const ask = async () => {
      const inspect = await engineOf(hostId)?.containers.inspect(id, { signal: controller.signal })
      if (!inspect || controller.signal.aborted) return
      followed.limit = cpuLimitOf(inspect)
      for (const listener of followed.listeners) listener(followed.limit)
    }
    // Shown without its limit until the next time; the samples themselves say when the host is away.
    const tryAsk = () => void ask().catch((error) => log.debug({ err: error, hostId, id }, 'stats limit'))
    const timer = setInterval(tryAsk, limitEveryMs)
    const followed: Followed = {
      listeners: new Set(),
      limit: undefined,
      stop() {
        clearInterval(timer)
        controller.abort()
      },
    }
    tryAsk()
    return followed
  }
  return {
    follow(hostId, id, listener) {
      const key = `${hostId}/${id}`
      const followed = containers.get(key) ?? begin(hostId, id)
      containers.set(key, followed)
      followed.listeners.add(listener)
      if (followed.limit !== undefined) listener(followed.limit)
      return () => {
        followed.listeners.delete(listener)
        if (followed.listeners.size > 0 || containers.get(key) !== followed) return
        containers.delete(key)
        followed.stop()
      }
    },
  }
}
