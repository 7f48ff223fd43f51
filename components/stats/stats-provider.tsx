'use client'
import { type ReactNode, useEffect, useMemo } from 'react'
import { useLiveSocket } from '#components/data/use-live.ts'
import { usePermission } from '#components/data/use-session.ts'
import { liveTopics } from '#lib/live-topics.ts'
import { StatsClient } from './stats-client.ts'
import { StatsContext } from './use-stats.ts'

/** The page's figures; they are asked for when something shows them. */
export function StatsProvider({ children }: { children: ReactNode }) {
  const live = useLiveSocket()
  const maySee = usePermission(liveTopics.stats.needs)
  const client = useMemo(() => new StatsClient(maySee ? live : null), [maySee, live])
  useEffect(() => () => client.stop(), [client])
  return <StatsContext value={client}>{children}</StatsContext>
}
