'use client'
import { useMutation } from '@tanstack/react-query'
import { api } from '#components/data/api.ts'
import { openTray } from '#components/tasks/open-tray.ts'
import { taskStore } from '#components/tasks/task-store.ts'
import { useErrorText } from '#components/ui/error-text.ts'
import { toast } from '#components/ui/toast.tsx'
import type { Container } from '#lib/contracts/containers.ts'

/** Puts a task into the tray that ends with the containers, and keeps their exit codes. */
export function useWait(containers: readonly Container[]) {
  const errorText = useErrorText()
  return useMutation({
    mutationFn: () =>
      api.post('/api/containers/wait', {
        body: {
          containers: containers.map(({ hostId, id }) => ({ hostId, containerId: id })),
        },
      }),
    onSuccess(task) {
      taskStore.put(task)
      openTray()
    },
    onError: (error) => toast.error(errorText(error).sentence),
  })
}
