'use client'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useMemo } from 'react'
import { api } from '#components/data/api.ts'
import { queryKeys } from '#components/data/query-keys.ts'
import { useFleet } from '#components/data/use-live.ts'
import { usePermission } from '#components/data/use-session.ts'
import { useErrorText } from '#components/ui/error-text.ts'
import { toast } from '#components/ui/toast.tsx'
import type { Container } from '#lib/contracts/containers.ts'
import type { Updates } from '#lib/contracts/updates.ts'
import { imagesByTag, updateStateOf } from '#lib/images/newer-image.ts'

/** Asked anew by the server, too, when a registry's account changes. */
/** Milliseconds between two looks while a check is under way, and otherwise. */
const whileChecking = 1500
const whileIdle = 300_000

/** What is known of newer images: asked seldom, unless a check is under way. */
export function useUpdates() {
  // Also asked for beside a container, by who may see no images.
  const enabled = usePermission('images.view')
  return useQuery({
    queryKey: queryKeys.updates(),
    enabled,
    queryFn: ({ signal }) => api.get('/api/updates', { signal }),
    refetchInterval: (query) => ((query.state.data?.remaining ?? 0) > 0 ? whileChecking : whileIdle),
  })
}

const keyOf = (reference: string, imageId: string) => `${reference} ${imageId}`

/**
 * References in use by what is known of their images, each once. It follows the live state, and not the answer alone: a
 * container that was removed or made anew counts no more, and an image that was pulled counts at once.
 */
export function useUpdateStates(): Record<'newer' | 'pulled' | 'local' | 'failed', string[]> {
  const containers = useFleet((fleet) => fleet.containers)
  const images = useFleet((fleet) => fleet.images)
  const { data } = useUpdates()
  return useMemo(() => {
    const tags = imagesByTag(images.values())
    const told = new Map(data?.updates.map((update) => [keyOf(update.reference, update.imageId), update]))
    const found = { newer: [], pulled: [], local: [], failed: [] } as Record<string, string[]>
    for (const container of containers.values()) {
      const state = updateStateOf(container, told.get(keyOf(container.image, container.imageId)), tags)
      // An update keeps the old container, stopped, as the way back: it is meant to run the old image.
      if (state === 'pulled' && container.state !== 'running') continue
      const list = found[state ?? '']
      if (list && !list.includes(container.image)) list.push(container.image)
    }
    return found as ReturnType<typeof useUpdateStates>
  }, [containers, images, data])
}

/** Whether the registry, or the container's host already, has a newer image for the tag that it was made of. */
export function useNewer(container: Container): 'newer' | 'pulled' | null {
  const images = useFleet((fleet) => fleet.images)
  const { data } = useUpdates()
  const update = data?.updates.find(
    ({ reference, imageId }) => reference === container.image && imageId === container.imageId,
  )
  const state = useMemo(
    () => updateStateOf(container, update, imagesByTag(images.values())),
    [container, update, images],
  )
  return state === 'newer' || state === 'pulled' ? state : null
}

/** Asks the registries now, and sets how often they are asked by themselves. */
export function useUpdateCheck() {
  const client = useQueryClient()
  const errorText = useErrorText()
  const onError = (error: unknown) => toast.error(errorText(error).sentence)
  const onSuccess = (updates: Updates) => client.setQueryData(queryKeys.updates(), updates)
  const check = useMutation({
    mutationFn: () => api.post('/api/updates/check'),
    onSuccess,
    onError,
  })
  const schedule = useMutation({
    mutationFn: (everyHours: Updates['everyHours']) =>
      api.put('/api/updates/schedule', { body: { everyHours } }),
    onSuccess,
    onError,
  })
  return { check, schedule }
}
