'use client'
import { useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useEffect, useState } from 'react'
import { apiUrl, reportSignedOut } from '../data/api.ts'
import { LiveClient } from '../data/live.ts'
import { queryKeys } from '../data/query-keys.ts'
import { LiveContext } from '../data/use-live.ts'
import { usePermission } from '../data/use-session.ts'
import { setServerTime } from '../ui/clock.ts'

/** Opens the one live socket of the page for as long as somebody is signed in who may see a host. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const queryClient = useQueryClient()
  const maySee = usePermission('hosts.view')
  const [client] = useState(
    () =>
      new LiveClient({
        connect: () =>
          new WebSocket(new URL(apiUrl('/api/live'), window.location.href.replace(/^http/, 'ws'))),
        onSignedOut: reportSignedOut,
        onServerTime: setServerTime,
        async onRightsChanged() {
          const session = queryKeys.session()
          await queryClient.refetchQueries({ queryKey: session })
          // What was read by other rights: gone where nothing shows it, read again where something does.
          queryClient.removeQueries({ type: 'inactive' })
          void queryClient.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== session[0] })
        },
      }),
  )
  useEffect(() => {
    if (!maySee) return
    client.start()
    window.addEventListener('online', client.retryNow)
    // A refused upgrade does not say why: perhaps the session ended while we were away. The session's query knows.
    let was = client.connection().state
    const unsubscribe = client.subscribe(() => {
      const { state } = client.connection()
      if (state !== was && state === 'stale')
        void queryClient.invalidateQueries({ queryKey: queryKeys.session() })
      was = state
    })
    return () => {
      unsubscribe()
      window.removeEventListener('online', client.retryNow)
      client.stop()
    }
  }, [client, queryClient, maySee])
  return <LiveContext value={client}>{children}</LiveContext>
}
