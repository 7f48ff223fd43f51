'use client'
import { useMutation } from '@tanstack/react-query'
import { api } from '#components/data/api.ts'
import { openTray } from '#components/tasks/open-tray.ts'
import { taskStore } from '#components/tasks/task-store.ts'
import { useErrorText } from '#components/ui/error-text.ts'
import { toast } from '#components/ui/toast.tsx'
import type { WaitInput } from '#lib/contracts/container-details.ts'
import type { Container } from '#lib/contracts/containers.ts'
import type { Task } from '#lib/contracts/tasks.ts'

/** Puts a task into the tray that ends with the containers, and keeps their exit codes. */
export function useWait(containers: readonly Container[]) {
  const errorText = useErrorText()
  return useMutation({
    mutationFn: () =>
      api.post<Task>('/api/containers/wait', {
        containers: containers.map(({ hostId, id }) => ({ hostId, containerId: id })),
      } satisfies WaitInput),
    onSuccess(task) {
      taskStore.put(task)
      openTray()
    },
    onError: (error) => toast.error(errorText(error).sentence),
  })
}
