'use client'
import { useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useEffect, useState } from 'react'
import { apiUrl, reportSignedOut } from '../data/api.ts'
import { LiveClient } from '../data/live.ts'
import { queryKeys } from '../data/query-keys.ts'
import { LiveContext } from '../data/use-live.ts'
import { setServerTime } from '../ui/clock.ts'

/** Opens the one live socket of the page for as long as somebody is signed in. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const queryClient = useQueryClient()
  const [client] = useState(
    () =>
      new LiveClient({
        connect: () =>
          new WebSocket(new URL(apiUrl('/api/live'), window.location.href.replace(/^http/, 'ws'))),
        onSignedOut: reportSignedOut,
        // Whatever was asked may be answered otherwise now.
        onRightsChanged: () => void queryClient.invalidateQueries(),
        onServerTime: setServerTime,
      }),
  )
  useEffect(() => {
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
  }, [client, queryClient])
  return <LiveContext value={client}>{children}</LiveContext>
}
