'use client'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '#components/data/api.ts'
import { queryKeys } from '#components/data/query-keys.ts'
import { useErrorText } from '#components/ui/error-text.ts'
import { toast } from '#components/ui/toast.tsx'
import type { Acknowledge, Acknowledgement } from '#lib/contracts/attention.ts'
import type { Container } from '#lib/contracts/containers.ts'
import type { ContainerAttention } from '#lib/fleet/overview.ts'

const pathOf = ({ hostId, id }: Container) => `/api/hosts/${hostId}/containers/${id}/acknowledgement` as const

export function useAcknowledge() {
  const client = useQueryClient()
  const errorText = useErrorText()
  return useMutation({
    mutationFn: ({ items, note }: { items: readonly ContainerAttention[]; note: string }) =>
      Promise.all(
        items.map(({ container, problem, at }) =>
          api.put<Acknowledgement>(pathOf(container), { problem, at, note } satisfies Acknowledge),
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
    mutationFn: (container: Container) => api.delete(pathOf(container)),
    onSettled: () => client.invalidateQueries({ queryKey: queryKeys.acknowledged() }),
    onError: (error) => toast.error(errorText(error).sentence),
  })
}
