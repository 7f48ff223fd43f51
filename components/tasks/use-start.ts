import { useMutation } from '@tanstack/react-query'
import type { Task } from '#lib/contracts/tasks.ts'
import { openTray } from './open-tray.ts'
import { taskStore } from './task-store.ts'

/** Starts a task and shows it in the tray. */
export function useStart<Input>(start: (input: Input) => Promise<Task>, onStarted: () => void) {
  return useMutation({
    mutationFn: start,
    onSuccess(task) {
      taskStore.put(task)
      openTray()
      onStarted()
    },
  })
}
