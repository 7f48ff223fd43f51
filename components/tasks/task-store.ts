'use client'
import { useEffect, useSyncExternalStore } from 'react'
import { apiUrl } from '#components/data/api.ts'
import type { Task, TaskFrame } from '#lib/contracts/tasks.ts'
import { liveCloseCodes } from '#lib/live-protocol.ts'

const longestWaitMs = 15_000

/** The tray's tasks, as the server tells them; each connection begins with all of them. */
class TaskStore {
  #tasks: readonly Task[] = []
  #listeners = new Set<() => void>()
  #socket: WebSocket | null = null
  #attempt = 0
  #retry: ReturnType<typeof setTimeout> | undefined
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
    if (this.#users++ === 0) this.#open()
    return () => {
      if (--this.#users > 0) return
      clearTimeout(this.#retry)
      const socket = this.#socket
      this.#socket = null
      if (socket && socket.readyState !== 0) socket.close()
    }
  }

  #open(): void {
    const socket = new WebSocket(
      new URL(apiUrl('/api/tasks/live'), window.location.href.replace(/^http/, 'ws')),
    )
    this.#socket = socket
    socket.addEventListener('open', () => {
      // Closing while it still connects is reported as an error by the browser: such a one closes when it opens.
      if (socket !== this.#socket) socket.close()
    })
    socket.addEventListener('message', (event) => {
      if (socket !== this.#socket) return
      this.#attempt = 0
      this.#take(JSON.parse(String(event.data)) as TaskFrame)
    })
    socket.addEventListener('close', (event) => {
      if (socket !== this.#socket) return
      this.#socket = null
      const final: readonly number[] = [1008, liveCloseCodes.signedOut, liveCloseCodes.denied]
      if (this.#users === 0 || final.includes(event.code)) return
      const wait = Math.random() * Math.min(longestWaitMs, 500 * 2 ** this.#attempt++)
      this.#retry = setTimeout(() => this.#open(), wait)
    })
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
  useEffect(() => taskStore.start(), [])
  return useSyncExternalStore(taskStore.subscribe, taskStore.tasks, () => none)
}
