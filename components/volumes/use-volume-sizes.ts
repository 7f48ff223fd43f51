'use client'
import { type UseQueryResult, useQueries } from '@tanstack/react-query'
import { useMemo } from 'react'
import { api } from '#components/data/api.ts'
import { queryKeys } from '#components/data/query-keys.ts'
import { useHosts } from '#components/data/use-live.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import type { Volume, VolumeSizes } from '#lib/contracts/volumes.ts'

export interface HostSizes {
  host: Host
  /** What its engine told last; null: nothing yet. */
  told: VolumeSizes | null
  isAsking: boolean
  error: unknown
}

export interface SizesOfVolumes {
  hosts: readonly HostSizes[]
  /** Bytes; null where the engine does not know, undefined where it has not told. */
  of(volume: Pick<Volume, 'hostId' | 'id'>): number | null | undefined
  isAsking(hostId: string): boolean
  again(): void
}

/** Its result is the same object for as long as nothing in it changes, and so are the columns that are made of it. */
const combine = (queries: UseQueryResult<VolumeSizes>[]) => ({
  told: queries.map(({ data, isFetching, error }) => ({ data, isFetching, error })),
  refetches: queries.map(({ refetch }) => refetch),
})

/** Sizes on every host in scope, each asked by itself: an engine that takes long keeps no other from telling. */
export function useVolumeSizes(): SizesOfVolumes {
  const hosts = useHosts()
  const { told, refetches } = useQueries({
    queries: hosts.map((host) => ({
      queryKey: queryKeys.volumeSizes(host.id),
      queryFn: ({ signal }: { signal: AbortSignal }) =>
        api.get('/api/hosts/:hostId/volume-sizes', { params: { hostId: host.id }, signal }),
      enabled: host.state === 'online',
      staleTime: 60_000,
      retry: false,
    })),
    combine,
  })
  return useMemo(() => {
    const list = hosts.map((host, index): HostSizes => {
      const query = told[index]
      return {
        host,
        told: query?.data ?? null,
        isAsking: query?.isFetching ?? false,
        error: query?.error ?? null,
      }
    })
    const byHost = new Map(list.map((each) => [each.host.id, each]))
    return {
      hosts: list,
      of: ({ hostId, id }) => byHost.get(hostId)?.told?.sizes[id],
      isAsking: (hostId) => byHost.get(hostId)?.isAsking ?? false,
      again: () => {
        for (const refetch of refetches) void refetch()
      },
    }
  }, [hosts, told, refetches])
}
