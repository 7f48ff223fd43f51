import type { Host } from '#lib/contracts/hosts.ts'
import { AppError } from '../errors.ts'
import type { Log } from '../log.ts'
import { Publisher } from '../publisher.ts'
import { HostConnection } from './connection.ts'
import type { HostChange, HostRegistry } from './host-registry.ts'
import type { StoredHost } from './host-repository.ts'
import { ReadingStatus } from './reading.ts'
import { addressOf, viewTransport } from './transport-secrets.ts'

interface Entry {
  stored: StoredHost
  connection: HostConnection
  reading: ReadingStatus
  syncedAt: Date | null
  announcedSync: number
}

export interface RunningRegistry extends HostRegistry {
  add(stored: StoredHost, delayMs?: number): Host
  /** Reconnects when the transport changed. */
  update(stored: StoredHost): Host
  remove(hostId: string): void
  reconnect(hostId: string): void
  stored(hostId: string): StoredHost
  /** For decisions, which ask often. Undefined when it is not registered. */
  facts(hostId: string): Pick<StoredHost, 'id' | 'tags' | 'accountTags'> | undefined
  stop(): void
}

/** At most 20 first dials a second, so that our restart is no storm for a hundred hosts. */
const staggerMs = 50
/** Milliseconds between announcements of freshness alone. */
const syncedAnnounceMs = 10_000

/** @param remember keeps which engine answers at a host's address */
export function createRegistry(
  stored: readonly StoredHost[],
  log: Log,
  remember: (hostId: string, identity: string) => void = () => {},
): RunningRegistry {
  const entries = new Map<string, Entry>()
  const changes = new Publisher<HostChange>(log)
  const announce = (change: HostChange) => changes.publish(change)
  const entry = (hostId: string): Entry => {
    const found = entries.get(hostId)
    if (!found) throw new AppError('host_not_found', { hostId })
    return found
  }
  const view = ({ stored: host, connection, reading, syncedAt }: Entry): Host => ({
    id: host.id,
    name: host.name,
    tags: host.tags,
    address: addressOf(host.transport),
    transport: viewTransport(host.transport),
    ...connection.status,
    reading: reading.view(),
    syncedAt: syncedAt?.toISOString() ?? null,
    takesAccounts: host.accountTags !== undefined,
    createdAt: host.createdAt,
  })
  const connect = (host: StoredHost) => {
    const here = () => entries.get(host.id)
    let state = ''
    return new HostConnection(host.transport, {
      changed() {
        const current = here()
        if (!current) return
        const { status } = current.connection
        if (status.state !== state) {
          state = status.state
          log.info({ host: current.stored.name, hostId: host.id, state, code: status.error?.code }, 'host')
        }
        announce({ type: 'changed', host: view(current) })
      },
      connected(engine) {
        const current = here()
        if (current) announce({ type: 'connected', host: view(current), engine })
      },
      answered({ identity, clockAheadMs }) {
        const current = here()
        if (!current) return
        const { stored: known, reading } = current
        reading.clockIs(clockAheadMs)
        if (identity === null || identity === known.engineIdentity) return
        if (known.engineIdentity) reading.isOther(known.engineIdentity, identity)
        known.engineIdentity = identity
        remember(host.id, identity)
      },
      disconnected() {
        const current = here()
        if (!current) return
        current.reading.clear()
        announce({ type: 'disconnected', host: view(current) })
      },
    })
  }
  const add = (host: StoredHost, delayMs = 0) => {
    const reading = new ReadingStatus(log.child({ host: host.name, hostId: host.id }), () => {
      if (entries.get(host.id) === added) announce({ type: 'changed', host: view(added) })
    })
    const added: Entry = {
      stored: host,
      connection: connect(host),
      reading,
      syncedAt: null,
      announcedSync: 0,
    }
    entries.set(host.id, added)
    if (!host.paused) added.connection.start(delayMs)
    else announce({ type: 'changed', host: view(added) })
    return view(added)
  }

  const registry: RunningRegistry = {
    list: () => [...entries.values()].map(view),
    get: (hostId) => view(entry(hostId)),
    stored: (hostId) => entry(hostId).stored,
    facts: (hostId) => entries.get(hostId)?.stored,
    engine(hostId) {
      const { connection, stored: host } = entry(hostId)
      try {
        return connection.engine
      } catch (error) {
        throw error instanceof AppError ? error.at({ hostId, params: { name: host.name } }) : error
      }
    },
    suspect: (hostId) => entries.get(hostId)?.connection.suspect(),
    markSynced(hostId, at) {
      const found = entries.get(hostId)
      if (!found) return
      found.syncedAt = at
      if (at.getTime() - found.announcedSync < syncedAnnounceMs) return
      found.announcedSync = at.getTime()
      announce({ type: 'changed', host: view(found) })
    },
    reading: (hostId) => entry(hostId).reading,
    subscribe: changes.subscribe,
    add,
    update(host) {
      const found = entry(host.id)
      const transportChanged = JSON.stringify(found.stored.transport) !== JSON.stringify(host.transport)
      const pausedChanged = found.stored.paused !== host.paused
      const { connection, reading } = found
      found.stored = transportChanged ? host : { ...host, engineIdentity: found.stored.engineIdentity }
      if (transportChanged) {
        delete found.stored.engineIdentity
        reading.forgetEngine()
        connection.retarget(host.transport)
      }
      if (host.paused && pausedChanged) connection.stop()
      else if (!host.paused && (transportChanged || pausedChanged)) connection.restart()
      announce({ type: 'changed', host: view(found) })
      return view(found)
    },
    remove(hostId) {
      const found = entry(hostId)
      entries.delete(hostId)
      found.connection.stop()
      announce({ type: 'removed', hostId })
    },
    reconnect(hostId) {
      const { connection, stored: host } = entry(hostId)
      if (host.paused) throw new AppError('host_paused', { hostId })
      if (connection.status.state === 'online') connection.suspect()
      else connection.restart()
    },
    stop() {
      for (const { connection } of entries.values()) connection.stop()
    },
  }
  for (const [index, host] of stored.entries()) add(host, index * staggerMs)
  return registry
}
