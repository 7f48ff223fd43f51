'use client'
import { useEffect, useSyncExternalStore } from 'react'
import type { LiveSocket } from '#components/data/live-socket.ts'
import { useLiveSocket } from '#components/data/use-live.ts'
import { usePermission } from '#components/data/use-session.ts'
import type { Task, TaskFrame } from '#lib/contracts/tasks.ts'
import { liveTopics } from '#lib/live-topics.ts'

/** The tray's tasks, as the server tells them; after each cut it begins with all of them. */
class TaskStore {
  #tasks: readonly Task[] = []
  #listeners = new Set<() => void>()
  #users = 0
  #leave = () => {}

  readonly tasks = (): readonly Task[] => this.#tasks
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Puts a task that an answer brought, unless the socket was faster: what it told is newer. */
  put(task: Task): void {
    if (!this.#tasks.some(({ id }) => id === task.id)) this.#set([task, ...this.#tasks])
  }

  /** Follows them until the returned function is called, by as many as like, on the page's one socket. */
  start(live: LiveSocket): () => void {
    if (this.#users++ === 0)
      this.#leave = live.follow({
        topic: 'tasks',
        params: () => ({}),
        frame: (frame) => this.#take(frame),
      })
    return () => {
      if (--this.#users === 0) this.#leave()
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
  const live = useLiveSocket()
  // Who may see no host has no tasks, and would be refused them.
  const mayFollow = usePermission(liveTopics.tasks.needs)
  useEffect(() => (mayFollow ? taskStore.start(live) : undefined), [live, mayFollow])
  return useSyncExternalStore(taskStore.subscribe, taskStore.tasks, () => none)
}
