import type { Container } from '#lib/contracts/containers.ts'
import { authorizeAct } from '../../acts/authorize-act.ts'
import type { EngineClient } from '../../engine/types.ts'
import { AppError } from '../../errors.ts'
import type { FleetState } from '../../fleet/fleet.ts'
import type { HostRegistry } from '../../fleet/host-registry.ts'
import type { Log } from '../../log.ts'
import type { Authorize, Principal } from '../../principal/principal.ts'
import type { ContainerHistory } from './history.ts'
import { createLimits } from './limits.ts'
import { sampleHost } from './sampler.ts'
import { type SampleListener, StatsStore } from './store.ts'
import { Upstreams } from './upstreams.ts'

export interface Viewer {
  sample: SampleListener
  /** Cores the container may use; null when it has no limit of its own. */
  limit(cpus: number | null): void
  /** A sample could not be told. */
  end(): void
}

export interface StatsService {
  readonly store: StatsStore
  /** Live samples until the returned function is called. Throws denied, container_not_found. */
  watch(
    principal: Principal,
    hostId: string,
    id: string,
    viewer: Viewer,
  ): { history: ContainerHistory | undefined; stop(): void }
  stop(): void
}

const isRunning = (container: Container | undefined) =>
  container?.state === 'running' || container?.state === 'paused'

/** Resource use of every running container: a history at a low rate, and live streams while somebody watches. */
export function createStats(parts: {
  registry: HostRegistry
  fleet: FleetState
  authorize: Authorize
  log: Log
}): StatsService {
  const { registry, fleet, authorize, log } = parts
  const store = new StatsStore((hostId, id) => fleet.get('containers', hostId, id) !== undefined, log)
  const connected = new Map<string, { engine: EngineClient; sampling: AbortController }>()
  const upstreams = new Upstreams({
    store,
    log,
    engine: (hostId) => connected.get(hostId)?.engine,
    isRunning: (hostId, id) => isRunning(fleet.get('containers', hostId, id)),
  })

  const end = (hostId: string) => {
    connected.get(hostId)?.sampling.abort()
    connected.delete(hostId)
    upstreams.reconcile(hostId)
    store.loseHost(hostId)
  }
  const begin = (hostId: string, engine: EngineClient) => {
    if (connected.has(hostId)) end(hostId)
    const sampling = new AbortController()
    connected.set(hostId, { engine, sampling })
    upstreams.reconcile(hostId)
    void sampleHost(
      {
        hostId,
        engine,
        store,
        log,
        running() {
          if (registry.get(hostId).syncedAt === null) return null
          const containers = fleet.all('containers', hostId)
          return containers.filter(isRunning).map((container) => container.id)
        },
        isFollowed: (id) => upstreams.isFollowed(hostId, id),
      },
      sampling.signal,
    )
  }
  const unsubscribeRegistry = registry.subscribe((change) => {
    if (change.type === 'connected') begin(change.host.id, change.engine)
    if (change.type === 'disconnected') end(change.host.id)
    if (change.type === 'removed') {
      end(change.hostId)
      store.removeHost(change.hostId)
    }
  })
  const unsubscribeFleet = fleet.subscribe(({ changes }) => {
    const touched = new Set<string>()
    for (const change of changes) {
      if (change.type === 'put' && change.kind === 'containers') {
        const { hostId, id } = change.object
        if (!isRunning(change.object) && store.history(hostId, id)?.coarse.last()) store.addGap(hostId, id)
        touched.add(hostId)
      }
      if (change.type === 'removed' && change.kind === 'containers') {
        store.removeContainer(change.hostId, change.id)
        touched.add(change.hostId)
      }
    }
    for (const hostId of touched) upstreams.reconcile(hostId)
  })

  const limits = createLimits((hostId) => connected.get(hostId)?.engine, log)

  return {
    store,
    watch(principal, hostId, id, viewer) {
      authorizeAct(authorize, principal, 'container.stats', { hostId, objectId: id })
      if (!fleet.get('containers', hostId, id))
        throw new AppError('container_not_found', { hostId, objectId: id })
      const history = store.history(hostId, id)
      const unlisten = store.listen(hostId, id, viewer.sample, viewer.end)
      const unwatch = upstreams.watch(hostId, id)
      const unlimit = limits.follow(hostId, id, viewer.limit)
      return {
        history,
        stop() {
          for (const undo of [unlisten, unwatch, unlimit]) undo()
        },
      }
    },
    stop() {
      unsubscribeRegistry()
      unsubscribeFleet()
      for (const { sampling } of connected.values()) sampling.abort()
      connected.clear()
      upstreams.stop()
    },
  }
}
