import type { Container } from '#lib/contracts/containers.ts'
import type { Authorize, Principal } from '../auth/types.ts'
import type { EngineClient } from '../engine/types.ts'
import { AppError } from '../errors.ts'
import type { HostRegistry } from '../hosts/types.ts'
import type { FleetState } from '../live/types.ts'
import type { Log } from '../log.ts'
import type { ContainerHistory } from './history.ts'
import { cpuLimitOf } from './sample.ts'
import { sampleHost } from './sampler.ts'
import { type SampleListener, StatsStore } from './store.ts'
import { Upstreams } from './upstreams.ts'

/** Limits can be changed while somebody looks. Milliseconds. */
const limitEveryMs = 30_000

export interface Viewer {
  sample: SampleListener
  /** Cores the container may use; null when it has no limit of its own. */
  limit(cpus: number | null): void
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
  const store = new StatsStore((hostId, id) => fleet.get('containers', hostId, id) !== undefined)
  const connected = new Map<string, { engine: EngineClient; sampling: AbortController }>()
  const upstreams = new Upstreams({
    ...{ store, log },
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
        ...{ hostId, engine, store, log },
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

  const followLimit = (hostId: string, id: string, viewer: Viewer) => {
    const controller = new AbortController()
    const ask = async () => {
      const engine = connected.get(hostId)?.engine
      if (!engine) return
      const inspect = await engine.inspectContainer(id, { signal: controller.signal })
      if (!controller.signal.aborted) viewer.limit(cpuLimitOf(inspect))
    }
    // Shown without its limit until the next time; the samples themselves say when the host is away.
    const tryAsk = () => void ask().catch((error) => log.debug({ err: error, hostId, id }, 'stats limit'))
    tryAsk()
    const timer = setInterval(tryAsk, limitEveryMs)
    return () => {
      clearInterval(timer)
      controller.abort()
    }
  }

  return {
    store,
    watch(principal, hostId, id, viewer) {
      authorize(principal, 'containers.stats', { hostId, objectId: id })
      if (!fleet.get('containers', hostId, id))
        throw new AppError('container_not_found', { hostId, objectId: id })
      const history = store.history(hostId, id)
      const unlisten = store.listen(hostId, id, viewer.sample)
      const unwatch = upstreams.watch(hostId, id)
      const unlimit = followLimit(hostId, id, viewer)
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
