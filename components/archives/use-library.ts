'use client'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import { api } from '#components/data/api.ts'
import { queryKeys } from '#components/data/query-keys.ts'
import type { ListedArchive } from '#lib/contracts/archives.ts'

/** Milliseconds between two looks: short while something arrives, long else. */
const busyMs = 1000
const idleMs = 15_000

/** The library, as old as its last look. */
export function useLibrary() {
  const query = useQuery({
    queryKey: queryKeys.archives(),
    queryFn: ({ signal }) => api.get('/api/archives', { signal }),
    refetchInterval: ({ state }) =>
      state.data?.archives.some(({ state: now }) => now === 'uploading' || now === 'checking')
        ? busyMs
        : idleMs,
  })
  const client = useQueryClient()
  const again = useCallback(() => void client.invalidateQueries({ queryKey: queryKeys.archives() }), [client])
  return { ...query, again }
}

/** One archive with every layer; asked for again when its state has changed. */
export function useArchive(archive: Pick<ListedArchive, 'id' | 'state'> | undefined) {
  return useQuery({
    queryKey: queryKeys.archive(archive?.id, archive?.state),
    queryFn: ({ signal }) =>
      api.get('/api/archives/:archiveId', { params: { archiveId: archive?.id ?? '' }, signal }),
    enabled: archive !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
  })
}
