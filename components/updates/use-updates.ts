'use client'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api } from '#components/data/api.ts'
import { useErrorText } from '#components/ui/error-text.ts'
import { toast } from '#components/ui/toast.tsx'
import type { ImageUpdate, Updates } from '#lib/contracts/updates.ts'

const queryKey = ['updates']
/** Milliseconds between two looks while a check is under way, and otherwise. */
const whileChecking = 1500
const whileIdle = 300_000

/** What is known of newer images: asked seldom, unless a check is under way. */
export function useUpdates() {
  return useQuery({
    queryKey,
    queryFn: ({ signal }) => api.get<Updates>('/api/updates', { signal }),
    refetchInterval: (query) => ((query.state.data?.remaining ?? 0) > 0 ? whileChecking : whileIdle),
  })
}

/** Whether a newer image exists for the tag that a container was made of. */
export function useNewer(reference: string, imageId: string): ImageUpdate | undefined {
  return useUpdates().data?.updates.find(
    (update) => update.state === 'newer' && update.reference === reference && update.imageId === imageId,
  )
}

/** Asks the registries now, and sets how often they are asked by themselves. */
export function useUpdateCheck() {
  const client = useQueryClient()
  const errorText = useErrorText()
  const onError = (error: unknown) => toast.error(errorText(error).sentence)
  const onSuccess = (updates: Updates) => client.setQueryData(queryKey, updates)
  const check = useMutation({
    mutationFn: () => api.post<Updates>('/api/updates/check', {}),
    onSuccess,
    onError,
  })
  const schedule = useMutation({
    mutationFn: (everyHours: Updates['everyHours']) =>
      api.put<Updates>('/api/updates/schedule', { everyHours }),
    onSuccess,
    onError,
  })
  return { check, schedule }
}
