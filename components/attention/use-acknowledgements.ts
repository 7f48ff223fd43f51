'use client'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '#components/data/api.ts'
import { queryKeys } from '#components/data/query-keys.ts'
import { useErrorText } from '#components/ui/error-text.ts'
import { toast } from '#components/ui/toast.tsx'
import type { Container } from '#lib/contracts/containers.ts'
import type { ContainerAttention } from '#lib/fleet/overview.ts'

const path = '/api/hosts/:hostId/containers/:containerId/acknowledgement'
const paramsOf = ({ hostId, id }: Container) => ({ hostId, containerId: id })

export function useAcknowledge() {
  const client = useQueryClient()
  const errorText = useErrorText()
  return useMutation({
    mutationFn: ({ items, note }: { items: readonly ContainerAttention[]; note: string }) =>
      Promise.all(
        items.map(({ container, problem, at }) =>
          api.put(path, { params: paramsOf(container), body: { problem, at, note } }),
        ),
      ),
    // Also after a failure: some of many may have been taken.
    onSettled: () => client.invalidateQueries({ queryKey: queryKeys.acknowledged() }),
    onError: (error) => toast.error(errorText(error).sentence),
  })
}

export function useWithdrawAcknowledgement() {
  const client = useQueryClient()
  const errorText = useErrorText()
  return useMutation({
    mutationFn: (container: Container) => api.delete(path, { params: paramsOf(container) }),
    onSettled: () => client.invalidateQueries({ queryKey: queryKeys.acknowledged() }),
    onError: (error) => toast.error(errorText(error).sentence),
  })
}
