'use client'
import { type ReactNode, useEffect, useState } from 'react'
import { apiUrl, reportSignedOut } from '#components/data/api.ts'
import { StatsClient } from './stats-client.ts'
import { StatsContext } from './use-stats.ts'

/** One stats socket for the page; it opens when something shows numbers. */
export function StatsProvider({ children }: { children: ReactNode }) {
  const [client] = useState(
    () =>
      new StatsClient(
        () => new WebSocket(new URL(apiUrl('/api/stats'), window.location.href.replace(/^http/, 'ws'))),
        reportSignedOut,
      ),
  )
  useEffect(() => () => client.stop(), [client])
  return <StatsContext value={client}>{children}</StatsContext>
}
