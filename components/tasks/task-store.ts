'use client'
import { useEffect, useSyncExternalStore } from 'react'
import { openSocket, ReconnectingSocket } from '#components/data/reconnecting-socket.ts'
import { usePermission } from '#components/data/use-session.ts'
import type { Task, TaskFrame } from '#lib/contracts/tasks.ts'

/** The tray's tasks, as the server tells them; each connection begins with all of them. */
class TaskStore {
  #tasks: readonly Task[] = []
  #listeners = new Set<() => void>()
  readonly #socket = new ReconnectingSocket({
    connect: () => openSocket('/api/tasks/live'),
    message: (data) => this.#take(JSON.parse(String(data)) as TaskFrame),
  })
  #users = 0

  readonly tasks = (): readonly Task[] => this.#tasks
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Puts a task that an answer brought, unless the socket was faster: what it told is newer. */
  put(task: Task): void {
    if (!this.#tasks.some(({ id }) => id === task.id)) this.#set([task, ...this.#tasks])
  }

  start(): () => void {
    if (this.#users++ === 0) this.#socket.start()
    return () => {
      if (--this.#users === 0) this.#socket.stop()
    }
  }

  #take(frame: TaskFrame): void {
    if (frame.type === 'tasks') return this.#set(frame.tasks)
    if (frame.type === 'dismissed') return this.#set(this.#tasks.filter(({ id }) => id !== frame.id))
    const known = this.#tasks.some(({ id }) => id === frame.task.id)
    if (known) this.#set(this.#tasks.map((task) => (task.id === frame.task.id ? frame.task : task)))
    else this.#set([frame.task, ...this.#tasks])
  }

  #set(tasks: readonly Task[]): void {
    this.#tasks = tasks
    for (const listener of this.#listeners) listener()
  }
}

export const taskStore = new TaskStore()
const none: readonly Task[] = []

/** All tasks of the one who is signed in, newest first. */
export function useTasks(): readonly Task[] {
  // Who may see no host has no tasks, and is refused the socket.
  const mayFollow = usePermission('hosts.view')
  useEffect(() => (mayFollow ? taskStore.start() : undefined), [mayFollow])
  return useSyncExternalStore(taskStore.subscribe, taskStore.tasks, () => none)
}
