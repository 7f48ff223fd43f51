'use client'
import { createContext, useContext, useMemo, useSyncExternalStore } from 'react'
import type { Container } from '#lib/contracts/containers.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import { emptyFleet, type FleetCache, objectKey } from '#lib/fleet/apply-live.ts'
import type { FleetObjects, ObjectKind } from '#lib/fleet/kinds.ts'
import type { FleetStore } from './fleet-store.ts'
import type { Connection, LiveSocket } from './live-socket.ts'
import { inScope, useScope } from './use-scope.ts'

/** The page's one socket, and what of it every page reads. */
export interface Live {
  socket: LiveSocket
  fleet: FleetStore
}

export const LiveContext = createContext<Live | null>(null)

function useLive(): Live {
  const live = useContext(LiveContext)
  if (!live) throw new Error('Live data is read outside LiveContext.')
  return live
}

/** For stores of other topics. */
export function useLiveSocket(): LiveSocket {
  return useLive().socket
}

const connecting: Connection = { state: 'connecting', since: null }

/** Whether what is on screen is live, and since when it is not. */
export function useConnection(): Connection & { retryNow(): void } {
  const { socket } = useLive()
  const connection = useSyncExternalStore(socket.subscribe, socket.connection, () => connecting)
  return useMemo(() => ({ ...connection, retryNow: socket.retryNow }), [connection, socket])
}

/**
 * A slice of the fleet; renders only when the slice changes by identity, so select maps or objects, do not build them.
 */
export function useFleet<T>(select: (fleet: FleetCache) => T): T {
  const { fleet } = useLive()
  return useSyncExternalStore(
    fleet.subscribe,
    () => select(fleet.fleet()),
    () => select(emptyFleet),
  )
}

/** False until the first snapshot: show skeletons, not an empty state. */
export function useLoaded(): boolean {
  return useFleet((fleet) => fleet.epoch !== null)
}

/** All hosts by name, whatever the scope. */
export function useAllHosts(): readonly Host[] {
  const hosts = useFleet((fleet) => fleet.hosts)
  return useMemo(() => [...hosts.values()].sort((a, b) => a.name.localeCompare(b.name)), [hosts])
}

/** Hosts in scope, by name. */
export function useHosts(): readonly Host[] {
  const hosts = useAllHosts()
  const { scope } = useScope()
  return useMemo(
    () => (scope.kind === 'all' ? hosts : hosts.filter((host) => inScope(scope, host))),
    [hosts, scope],
  )
}

export function useHost(hostId: string | null): Host | undefined {
  return useFleet((fleet) => (hostId === null ? undefined : fleet.hosts.get(hostId)))
}
export function useContainer(hostId: string, id: string): Container | undefined {
  return useFleet((fleet) => fleet.containers.get(objectKey(hostId, id)))
}

function useScoped<T extends { hostId: string }>(objects: ReadonlyMap<string, T>): readonly T[] {
  const hosts = useFleet((fleet) => fleet.hosts)
  const { scope } = useScope()
  return useMemo(() => {
    const all = [...objects.values()]
    if (scope.kind === 'all') return all
    const ids = new Set([...hosts.values()].filter((host) => inScope(scope, host)).map((host) => host.id))
    return all.filter((object) => ids.has(object.hostId))
  }, [objects, hosts, scope])
}

/** Objects of the hosts in scope, in no order. The array changes only when one of its objects does. */
export function useObjects<K extends ObjectKind>(kind: K): readonly FleetObjects[K][] {
  return useScoped(useFleet((fleet) => fleet[kind] as ReadonlyMap<string, FleetObjects[K]>))
}
export const useContainers = () => useObjects('containers')
export const useImages = () => useObjects('images')
