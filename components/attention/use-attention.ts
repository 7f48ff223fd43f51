'use client'
import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { api } from '#components/data/api.ts'
import { queryKeys } from '#components/data/query-keys.ts'
import { useContainers, useFleet, useHosts } from '#components/data/use-live.ts'
import { usePermission } from '#components/data/use-session.ts'
import { useNow } from '#components/ui/clock.ts'
import { objectKey } from '#lib/fleet/apply-live.ts'
import { type Attention, needsAttention } from '#lib/fleet/overview.ts'

/** How often what others acknowledge is looked for, in milliseconds. */
const refetchMs = 15_000

/** All that needs attention in scope, in the order to look at it, with who has seen it. */
export function useAttention(): readonly Attention[] {
  const allHosts = useFleet((fleet) => fleet.hosts)
  const hosts = useHosts()
  const containers = useContainers()
  const enabled = usePermission('containers.view')
  const { data } = useQuery({
    queryKey: queryKeys.acknowledged(),
    enabled,
    refetchInterval: refetchMs,
    queryFn: ({ signal }) => api.get('/api/attention/acknowledged', { signal }),
  })
  // A certificate ends by the clock; by the minute is enough.
  const minute = useNow((now) => Math.floor(now / 60_000))
  return useMemo(() => {
    const acknowledged = new Map(
      (data ?? []).map((entry) => [objectKey(entry.hostId, entry.containerId), entry]),
    )
    return needsAttention(allHosts, hosts, containers, acknowledged, (minute + 1) * 60_000)
  }, [allHosts, hosts, containers, data, minute])
}
