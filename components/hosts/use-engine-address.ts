'use client'
import { useQuery } from '@tanstack/react-query'
import { api } from '#components/data/api.ts'
import { queryKeys } from '#components/data/query-keys.ts'

/** A host's own address for its engine; null where none is switched on. */
export const useEngineAddress = (hostId: string) =>
  useQuery({
    queryKey: queryKeys.engineAddress(hostId),
    queryFn: ({ signal }) => api.get('/api/hosts/:hostId/engine-address', { params: { hostId }, signal }),
  })
