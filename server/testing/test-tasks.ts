import { expect } from 'vitest'
import { z } from 'zod'
import type { Task } from '#lib/contracts/tasks.ts'
import type { Principal } from '../principal/principal.ts'
import { defineOtherTask } from '../tasks/types.ts'
import { type AppUnderTest, startApp } from './app-under-test.ts'

/** Apps that a test has started here, to be closed after it. */
export const open: AppUnderTest[] = []
export async function closeApps(): Promise<void> {
  for (const test of open.splice(0)) await test.close()
}

export const hostId = 'h000000000000'
export const administrator: Principal = {
  userId: 'ada',
  sessionId: 's',
  name: 'Ada',
  email: 'ada@example.com',
  role: 'administrator',
}
export const viewer: Principal = { ...administrator, userId: 'vic', role: 'viewer' }
export const input = z.object({ names: z.array(z.string()), password: z.string().optional() })

/** A kind whose steps end when the test says so. */
export async function withKind(more: { folder?: string } = {}) {
  const test = await startApp({}, more.folder)
  open.push(test)
  const state = {
    began: [] as string[],
    running: 0,
    most: 0,
    /** Awaited by each step; may throw. */
    work: async (_name: string, _signal: AbortSignal): Promise<void> => {},
  }
  test.app.tasks.define(
    defineOtherTask({
      kind: 'test.work',
      input,
      params: ({ names }) => ({ count: names.length }),
      plan: ({ names }) =>
        names.map((name) => ({
          key: name,
          hostId,
          subject: name,
          verb: 'start',
          act: 'container.start' as const,
          async run({ signal, progress }) {
            state.began.push(name)
            state.most = Math.max(state.most, ++state.running)
            progress([{ id: 'x', label: 'half', current: 1, total: 2 }])
            try {
              await state.work(name, signal)
            } finally {
              state.running--
            }
            return { id: `of ${name}` }
          },
        })),
    }),
  )
  const start = (names: string[], options: Partial<{ width: number; stopOnFailure: boolean }> = {}) =>
    test.app.tasks.start(
      administrator,
      'test.work',
      { names },
      { width: 2, stopOnFailure: false, ...options },
    )
  const ended = async (id: string): Promise<Task> => {
    const read = () => test.app.tasks.get(administrator, id)
    await expect.poll(() => read().state).not.toBe('running')
    return read()
  }
  return { test, state, start, ended, tasks: test.app.tasks }
}

export const states = (task: Task) => task.steps.map((step) => step.state)
export const sleep = (milliseconds: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, milliseconds))
export const untilAborted = (signal: AbortSignal) =>
  new Promise<void>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
