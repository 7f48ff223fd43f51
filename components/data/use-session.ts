'use client'
import { createContext, useContext } from 'react'
import type { Session } from '#lib/contracts/account.ts'
import type { Permission } from '#lib/permissions.ts'

export const SessionContext = createContext<Session | null>(null)

/** Who is signed in. Pages of the dashboard render only when somebody is. */
export function useSession(): Session {
  const session = useContext(SessionContext)
  if (!session) throw new Error('The session is read outside the dashboard.')
  return session
}

/** Whether to offer an action. The server decides again, and for the very object. */
export function usePermission(permission: Permission): boolean {
  return useSession().permissions.includes(permission)
}
