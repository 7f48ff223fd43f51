'use client'
import { useMutation } from '@tanstack/react-query'
import { api } from '#components/data/api.ts'
import { openTray } from '#components/tasks/open-tray.ts'
import { taskStore } from '#components/tasks/task-store.ts'
import type { Task } from '#lib/contracts/tasks.ts'

/** Starts a task and shows it in the tray. */
export function useStart<Body>(path: `/api/${string}`, onStarted: () => void) {
  return useMutation({
    mutationFn: (body: Body) => api.post<Task>(path, body),
    onSuccess(task) {
      taskStore.put(task)
      openTray()
      onStarted()
    },
  })
}
