'use client'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback } from 'react'
import { api } from '#components/data/api.ts'
import type { ArchiveLibraryView } from '#lib/contracts/archives.ts'

const queryKey = ['archives']
/** Milliseconds between two looks: short while something arrives, long else. */
const busyMs = 1000
const idleMs = 15_000

/** The library, as old as its last look. */
export function useLibrary() {
  const query = useQuery({
    queryKey,
    queryFn: ({ signal }) => api.get<ArchiveLibraryView>('/api/archives', { signal }),
    refetchInterval: ({ state }) =>
      state.data?.archives.some(({ state: now }) => now === 'uploading' || now === 'checking')
        ? busyMs
        : idleMs,
  })
  const client = useQueryClient()
  const again = useCallback(() => void client.invalidateQueries({ queryKey }), [client])
  return { ...query, again }
}
