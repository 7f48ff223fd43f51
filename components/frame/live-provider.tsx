'use client'
import { useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useEffect, useState } from 'react'
import { apiUrl, reportSignedOut } from '#components/data/api.ts'
import { FleetStore } from '#components/data/fleet-store.ts'
import { LiveSocket } from '#components/data/live-socket.ts'
import { queryKeys } from '#components/data/query-keys.ts'
import { openSocket } from '#components/data/reconnecting-socket.ts'
import { type Live, LiveContext } from '#components/data/use-live.ts'
import { usePermission } from '#components/data/use-session.ts'
import { setServerTime } from '#components/ui/clock.ts'

/** Opens the one live socket of the page for as long as somebody is signed in who may see a host. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const queryClient = useQueryClient()
  const maySee = usePermission('hosts.view')
  const [live] = useState((): Live => {
    const socket = new LiveSocket({
      connect: () => openSocket('/api/live'),
      onSignedOut: reportSignedOut,
      answers: async () => (await fetch(apiUrl('GET /api/health'), { cache: 'no-store' })).ok,
      onServerTime: setServerTime,
      async onRightsChanged() {
        const session = queryKeys.session()
        await queryClient.refetchQueries({ queryKey: session })
        // What was read by other rights: gone where nothing shows it, read again where something does.
        queryClient.removeQueries({ type: 'inactive' })
        void queryClient.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== session[0] })
      },
    })
    return { socket, fleet: new FleetStore(socket, { onServerTime: setServerTime }) }
  })
  useEffect(() => {
    if (!maySee) return
    const { socket } = live
    const leave = live.fleet.start()
    socket.start()
    // A refused upgrade does not say why: perhaps the session ended while we were away. The session's query knows.
    let was = socket.connection().state
    const unsubscribe = socket.subscribe(() => {
      const { state } = socket.connection()
      if (state !== was && state === 'stale')
        void queryClient.invalidateQueries({ queryKey: queryKeys.session() })
      was = state
    })
    return () => {
      unsubscribe()
      leave()
      socket.stop()
    }
  }, [live, queryClient, maySee])
  return <LiveContext value={live}>{children}</LiveContext>
}
