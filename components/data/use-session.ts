'use client'
import { createContext, useCallback, useContext } from 'react'
import { mayOn } from '#lib/access.ts'
import type { Session } from '#lib/contracts/account.ts'
import type { Container } from '#lib/contracts/containers.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import type { Permission } from '#lib/permissions.ts'
import { useFleet } from './use-live.ts'

export const SessionContext = createContext<Session | null>(null)

/** Who is signed in. Pages of the dashboard render only when somebody is. */
export function useSession(): Session {
  const session = useContext(SessionContext)
  if (!session) throw new Error('The session is read outside the dashboard.')
  return session
}

/** Whether it is held anywhere: to offer a page, or an action that then asks on which host. */
export function usePermission(permission: Permission): boolean {
  return useSession().permissions.includes(permission)
}

/** What an action is about. Without a container: the host as a whole, or any container there. */
export interface ActionPlace {
  hostId: string
  container?: Pick<Container, 'name' | 'labels'> | undefined
  /** Also of a container's permission: for all that is on the host. */
  hostWide?: boolean
}

/** Where the rights are the same everywhere, nothing has to follow the hosts. */
const noHosts: ReadonlyMap<string, Host> = new Map()

/** Whether to offer an action on something. The server decides again, and for the very object. */
export function useMay(): (permission: Permission, place: ActionPlace) => boolean {
  const { rights } = useSession()
  const hosts = useFleet((fleet) => (rights.grants.length === 0 ? noHosts : fleet.hosts))
  return useCallback(
    (permission, { hostId, container, hostWide }) =>
      mayOn(rights, permission, { host: hosts.get(hostId), container, hostWide }),
    [rights, hosts],
  )
}

/** Those of these hosts of which only some containers are theirs to see, as far as their own grants tell. */
export function usePartlySeen(hosts: readonly Host[]): readonly Host[] {
  const may = useMay()
  return hosts.filter(({ id }) => !may('containers.view', { hostId: id, hostWide: true }))
}

/** `useMay` of one container: the same for each of its actions. */
export function useMayWith(container: Container): (permission: Permission) => boolean {
  const may = useMay()
  return useCallback(
    (permission) => may(permission, { hostId: container.hostId, container }),
    [may, container],
  )
}
