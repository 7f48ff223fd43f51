'use client'
import { useQuery } from '@tanstack/react-query'
import { api } from '#components/data/api.ts'
import { queryKeys } from '#components/data/query-keys.ts'
import type { Container, ContainerDetail } from '#lib/contracts/containers.ts'

/** The engine's document of a container, shared by its tabs. Asked anew when its state changes; not while its host is away. */
export function useContainerInspect(container: Container, options: { stale: boolean; reveal?: boolean }) {
  const { stale, reveal = false } = options
  const { hostId, id } = container
  return useQuery({
    // A change of state changes the document too.
    queryKey: [
      ...queryKeys.container(hostId, id),
      container.state,
      container.health,
      container.startedAt,
      container.name,
      reveal,
    ],
    queryFn: ({ signal }) =>
      api.get<ContainerDetail>(`/api/hosts/${hostId}/containers/${id}`, { query: { reveal }, signal }),
    select: (answer) => answer.inspect,
    placeholderData: (before) => before,
    enabled: !stale,
  })
}
