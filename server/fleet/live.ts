import type { Host } from '#lib/contracts/hosts.ts'
import type { EngineClient } from '../engine/types.ts'
import type { Log } from '../log.ts'
import { MemoryFleet } from './fleet-state.ts'
import type { HostRegistry } from './host-registry.ts'
import { syncHost } from './host-sync.ts'

export interface Live {
  fleet: MemoryFleet
  stop(): void
}

/**
 * Feeds the fleet state from every connected host. It lives in one process; with several replicas each keeps its own,
 * from event streams of its own, and a browser that changes replica gets a snapshot (docs/decisions).
 */
export function createLive(registry: HostRegistry, log: Log): Live {
  const fleet = new MemoryFleet(() => registry.list(), log)
  const running = new Map<string, AbortController>()
  const end = (hostId: string) => {
    running.get(hostId)?.abort()
    running.delete(hostId)
  }
  const begin = (host: Host, engine: EngineClient) => {
    end(host.id)
    const controller = new AbortController()
    running.set(host.id, controller)
    void syncHost(
      {
        hostId: host.id,
        name: host.name,
        engine,
        fleet,
        log,
        suspect: () => registry.suspect(host.id),
        synced: (at) => registry.markSynced(host.id, at),
        reading: registry.reading(host.id),
      },
      controller.signal,
    )
  }
  const unsubscribe = registry.subscribe((change) => {
    if (change.type === 'removed') {
      end(change.hostId)
      fleet.removeHost(change.hostId)
      return
    }
    fleet.putHost(change.host)
    if (change.type === 'connected') begin(change.host, change.engine)
    // The rows stay: the host's state and syncedAt say how old they are.
    if (change.type === 'disconnected') end(change.host.id)
  })
  return {
    fleet,
    stop() {
      unsubscribe()
      for (const hostId of Array.from(running.keys())) end(hostId)
    },
  }
}
