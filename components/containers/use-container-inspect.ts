'use client'
import { useQuery } from '@tanstack/react-query'
import { api } from '#components/data/api.ts'
import { queryKeys } from '#components/data/query-keys.ts'
import type { Container } from '#lib/contracts/containers.ts'
import { healthRefetchMs, type InspectedHealth } from './container-health.tsx'

/** The engine's document of a container, shared by its tabs. Asked anew when its state changes; not while its host is away. */
export function useContainerInspect(container: Container, options: { stale: boolean; reveal?: boolean }) {
  const { stale, reveal = false } = options
  const { hostId, id } = container
  return useQuery({
    // A change of state changes the document too.
    queryKey: queryKeys.containerInspect(hostId, id, [
      container.state,
      container.health,
      container.startedAt,
      container.name,
      reveal,
    ]),
    queryFn: ({ signal }) =>
      api.get('/api/hosts/:hostId/containers/:containerId', {
        params: { hostId, containerId: id },
        query: { reveal },
        signal,
      }),
    select: (answer) => answer.inspect,
    placeholderData: (before) => before,
    enabled: !stale,
    // Checks come and go without a change that engines tell of. What is revealed is asked for by a person alone.
    refetchInterval: ({ state }) =>
      !reveal && healthRefetchMs(state.data?.inspect as InspectedHealth | undefined),
  })
}
