'use client'
import { type ReactNode, useEffect, useMemo } from 'react'
import { reportSignedOut } from '#components/data/api.ts'
import { openSocket } from '#components/data/reconnecting-socket.ts'
import { usePermission } from '#components/data/use-session.ts'
import { StatsClient } from './stats-client.ts'
import { StatsContext } from './use-stats.ts'

const connect = () => openSocket('/api/stats')

/** One stats socket for the page; it opens when something shows numbers. */
export function StatsProvider({ children }: { children: ReactNode }) {
  const maySee = usePermission('containers.stats')
  const client = useMemo(() => new StatsClient(maySee ? connect : null, reportSignedOut), [maySee])
  useEffect(() => () => client.stop(), [client])
  return <StatsContext value={client}>{children}</StatsContext>
}
