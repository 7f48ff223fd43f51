import type { Task, TaskStep } from '#lib/contracts/tasks.ts'
import type { Log } from '../log.ts'
import type { TaskRepository } from './repository.ts'

/** Milliseconds between two attempts to write the end of a task. */
const againMs = 1000

/** Keeps tasks on the disk as they go on, also where it is full for a while. */
export interface Keeping {
  /** As it is now. What fails is logged: the next change is written all the same. */
  update(task: Task): Promise<void>
  /** A step has a known end. */
  ended(task: Task, step: TaskStep): void
  /** It is over. Tried again until it is written. */
  finish(task: Task): Promise<void>
  /** It begins again, or is forgotten: an end that was not written counts no more. */
  letGo(task: Task): void
  /** Tries once more. Nothing is written after it. */
  close(): Promise<void>
}

export function createKeeping(
  repository: Pick<TaskRepository, 'update' | 'finish' | 'plan'>,
  log: Log,
): Keeping {
  const owed = new Set<Task>()
  let retry: NodeJS.Timeout | undefined
  let closed = false
  const failed = (task: Task, what: string) => (error: unknown) =>
    log.error({ err: error, task: task.id }, `${what} could not be stored`)
  const pay = async () => {
    clearTimeout(retry)
    for (const task of owed) {
      try {
        await repository.finish(task)
        owed.delete(task)
      } catch (error) {
        failed(task, 'the end of a task')(error)
        break
      }
    }
    clearTimeout(retry)
    if (owed.size > 0 && !closed) retry = setTimeout(() => void pay(), againMs).unref()
  }
  return {
    async update(task) {
      if (!closed) await repository.update(task).catch(failed(task, 'a task'))
    },
    ended(task, step) {
      if (!closed)
        repository.plan(task.id, step.id, { is: 'ended', step }).catch(failed(task, 'the end of a step'))
    },
    async finish(task) {
      if (closed) return
      owed.add(task)
      await pay()
    },
    letGo: (task) => void owed.delete(task),
    async close() {
      await pay()
      closed = true
      clearTimeout(retry)
    },
  }
}
