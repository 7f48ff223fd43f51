'use client'
import { useQueries } from '@tanstack/react-query'
import { api } from '#components/data/api.ts'
import { queryKeys } from '#components/data/query-keys.ts'
import { useHosts } from '#components/data/use-live.ts'
import type { Disk } from '#lib/contracts/disk.ts'
import type { Host } from '#lib/contracts/hosts.ts'

export interface HostDisk {
  host: Host
  disk: Disk | undefined
  /** When the engine told it; null where it did not. */
  readAt: string | null
  isAsking: boolean
  error: unknown
  again(): void
}

/** Figures of every host in scope, each asked by itself: one that takes long costs the others nothing. */
export function useDisks(): HostDisk[] {
  const hosts = useHosts()
  const queries = useQueries({
    queries: hosts.map((host) => ({
      queryKey: queryKeys.disk(host.id),
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        api.get('/api/hosts/:hostId/disk', { params: { hostId: host.id }, signal }),
      enabled: host.state === 'online',
      staleTime: 60_000,
      retry: false,
    })),
  })
  return hosts.map((host, index) => {
    const query = queries[index]
    return {
      host,
      disk: query?.data,
      readAt: query?.dataUpdatedAt ? new Date(query.dataUpdatedAt).toISOString() : null,
      isAsking: query?.isFetching ?? false,
      error: query?.error ?? null,
      again: () => void query?.refetch(),
    }
  })
}
