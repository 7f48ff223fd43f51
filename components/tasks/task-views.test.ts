import { createTranslator } from 'use-intl'
import { expect, it } from 'vitest'
import { taskKinds } from '#lib/contracts/task-kinds.ts'
import type { Task, TaskStep } from '#lib/contracts/tasks.ts'
import { en } from '#lib/messages/en/index.ts'
import { viewOf } from './task-views.tsx'

const t = createTranslator({ locale: 'en', messages: en, namespace: 'tasks' })

function taskOf(kind: string, params: Task['params'], result: TaskStep['result']): Task {
  return {
    id: 't',
    kind,
    params,
    state: 'succeeded',
    userId: 'u',
    createdAt: '2026-01-01T00:00:00.000Z',
    finishedAt: null,
    width: 1,
    stopOnFailure: false,
    steps: [
      {
        id: 's',
        hostId: 'h000000000000',
        subject: 'web',
        verb: 'stop',
        state: 'succeeded',
        progress: [],
        error: null,
        result,
        startedAt: null,
        finishedAt: null,
      },
    ],
  }
}

it('each kind has a title of its own', () => {
  const params = { name: 'web', count: 2, images: 3, action: 'stop' }
  const titles = Object.keys(taskKinds).map((kind) => viewOf(taskOf(kind, params, null)).title(t))
  expect(titles).toContain('Stop 2 containers')
  expect(titles).toContain('Copy 3 images to 2 hosts')
  expect(new Set(titles).size).toBe(Object.keys(taskKinds).length)
})

it('a stored task of a kind that is not known is shown by it, and nothing of its facts is guessed', () => {
  for (const kind of ['containers.freeze', 'toString', '']) {
    const view = viewOf(taskOf(kind, {}, { outcome: 'already', imageId: 'sha256:1', freed: 1 }))
    expect(view.title(t)).toBe(kind)
    expect([view.isAlready(0), view.facts(0), view.hasOutput]).toEqual([false, null, false])
  }
})

it('facts are those of the kind', () => {
  expect(viewOf(taskOf('containers.action', {}, { outcome: 'already' })).isAlready(0)).toBe(true)
  expect(viewOf(taskOf('containers.action', {}, { outcome: 'done' })).isAlready(0)).toBe(false)
  expect(viewOf(taskOf('containers.wait', {}, { exitCode: 3 })).facts(0)).toMatchObject({
    props: { code: 3 },
  })
  expect(viewOf(taskOf('images.build', {}, null)).facts(0)).toBeNull()
  expect(viewOf(taskOf('images.build', {}, null)).hasOutput).toBe(true)
})
