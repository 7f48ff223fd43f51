import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import type { TaskStep } from '#lib/contracts/tasks.ts'
import { AppError } from '../errors.ts'
import type { AppUnderTest } from '../testing/app-under-test.ts'
import { openLive } from '../testing/live-viewer.ts'
import {
  administrator,
  closeApps,
  hostId,
  input,
  open,
  sleep,
  states,
  untilAborted,
  viewer,
  withKind,
} from '../testing/test-tasks.ts'
import { defineOtherTask } from './types.ts'

const folder = mkdtempSync(join(tmpdir(), 'roadstead-tasks-'))
afterEach(closeApps)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('a task', () => {
  it('runs its steps in order, so many at a time, and keeps what came of each', async () => {
    const { state, start, ended } = await withKind()
    state.work = () => sleep(20)
    const task = await start(['a', 'b', 'c', 'd', 'e'], { width: 2 })
    const done = await ended(task.id)
    expect(done).toMatchObject({ state: 'succeeded', params: { count: 5 }, kind: 'test.work' })
    expect(done.steps[0]).toMatchObject({ result: { id: 'of a' }, progress: [{ label: 'half' }] })
    expect(state.began).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(state.most).toBe(2)
  })

  it('goes on after a failure, or stops there, as it was told', async () => {
    const { state, start, ended } = await withKind()
    state.work = async (name) => {
      if (name === 'b') throw new AppError('container_not_found', { objectId: 'b' })
    }
    const on = await ended((await start(['a', 'b', 'c'], { width: 1 })).id)
    expect([on.state, states(on)]).toEqual(['partly', ['succeeded', 'failed', 'succeeded']])
    expect(on.steps[1]?.error).toMatchObject({ code: 'container_not_found', hostId, objectId: 'b' })
    const stopped = await ended((await start(['a', 'b', 'c'], { width: 1, stopOnFailure: true })).id)
    expect(states(stopped)).toEqual(['succeeded', 'failed', 'skipped'])
  })

  it('retries only what did not succeed', async () => {
    const { state, start, ended, tasks } = await withKind()
    let broken = true
    state.work = async (name) => {
      if (name !== 'a' && broken) throw new Error('not an error for people')
    }
    const task = await ended((await start(['a', 'b', 'c'], { width: 1, stopOnFailure: true })).id)
    expect([task.state, states(task)]).toEqual(['partly', ['succeeded', 'failed', 'skipped']])
    expect(task.steps[1]?.error?.code).toBe('internal')
    expect(JSON.stringify(task)).not.toContain('not an error for people')
    broken = false
    state.began.length = 0
    await tasks.retry(administrator, task.id)
    await expect(tasks.retry(administrator, task.id)).rejects.toMatchObject({ code: 'task_running' })
    expect((await ended(task.id)).state).toBe('succeeded')
    expect(state.began).toEqual(['b', 'c'])
  })

  it('is cancelled: what runs is aborted, what waits is not begun', async () => {
    const { state, start, ended, tasks } = await withKind()
    state.work = (name, signal) => (name === 'a' ? Promise.resolve() : untilAborted(signal))
    const task = await start(['a', 'b', 'c'], { width: 1 })
    await expect.poll(() => state.began).toEqual(['a', 'b'])
    await expect(tasks.dismiss(administrator, task.id)).rejects.toMatchObject({ code: 'task_running' })
    tasks.cancel(administrator, task.id)
    const done = await ended(task.id)
    expect([done.state, states(done)]).toEqual(['cancelled', ['succeeded', 'cancelled', 'cancelled']])
    await tasks.dismiss(administrator, task.id)
    expect(() => tasks.get(administrator, task.id)).toThrow('task_not_found')
  })

  it('is cancelled while it waits for its host’s turn: at once, and it takes no place with it', async () => {
    const { state, start, ended, tasks } = await withKind()
    let release = () => {}
    const released = new Promise<void>((resolve) => {
      release = resolve
    })
    // Steps that do not heed their signal.
    state.work = () => released
    const holding = await start(['a', 'b', 'c', 'd', 'e', 'f', 'g'], { width: 7 })
    const waiting = await start(['x', 'y', 'z'], { width: 2 })
    await expect.poll(() => state.began).toEqual(['a', 'b', 'c', 'd', 'e', 'f'])
    tasks.cancel(administrator, waiting.id)
    const cancelled = await ended(waiting.id)
    expect([cancelled.state, states(cancelled)]).toEqual(['cancelled', Array(3).fill('cancelled')])
    tasks.cancel(administrator, holding.id)
    expect(states(tasks.get(administrator, holding.id))).toEqual([...Array(6).fill('running'), 'cancelled'])
    release()
    await ended(holding.id)
    expect(state.began).toHaveLength(6)
    state.most = 0
    state.work = () => sleep(10)
    expect((await ended((await start(['1', '2', '3', '4', '5', '6'], { width: 6 })).id)).state).toBe(
      'succeeded',
    )
    expect(state.most).toBe(6)
  })

  it('gives no host more than six steps at a time, however wide it is', async () => {
    const { state, start, ended } = await withKind()
    state.work = () => sleep(10)
    const names = Array.from({ length: 30 }, (_, index) => String(index))
    expect((await ended((await start(names, { width: 50 })).id)).state).toBe('succeeded')
    expect(state.most).toBe(6)
  })

  it('does not wait for one host with the work of the others', async () => {
    const { state, test, tasks } = await withKind()
    tasks.define(
      defineOtherTask({
        kind: 'test.hosts',
        input,
        params: () => ({}),
        plan: ({ names }) =>
          names.map((name) => ({
            key: name,
            hostId: name.startsWith('slow') ? 'h111111111111' : hostId,
            subject: name,
            verb: 'start',
            act: 'container.start' as const,
            run: async ({ signal }) => {
              if (name.startsWith('slow')) await untilAborted(signal)
              state.began.push(name)
            },
          })),
      }),
    )
    const names = ['slow1', 'slow2', 'slow3', 'slow4', 'a', 'b', 'c']
    const options = { width: 4, stopOnFailure: false }
    const task = await test.app.tasks.start(administrator, 'test.hosts', { names }, options)
    await expect.poll(() => state.began).toEqual(['a', 'b', 'c'])
    tasks.cancel(administrator, task.id)
    await expect.poll(() => tasks.get(administrator, task.id).state).toBe('cancelled')
  })

  it('is refused when there is nothing to do, or too much', async () => {
    const { start, tasks } = await withKind()
    await expect(start([])).rejects.toMatchObject({ code: 'task_empty' })
    const many = Array.from({ length: 2001 }, (_, index) => String(index))
    await expect(start(many)).rejects.toMatchObject({ code: 'task_too_large' })
    const options = { width: 1, stopOnFailure: false }
    await expect(tasks.start(administrator, 'test.work', { names: 5 }, options)).rejects.toThrow()
  })
})

describe('what is kept', () => {
  const rows = async (test: AppUnderTest) =>
    (await test.app.db.selectFrom('tasks').select('id').execute()).map(({ id }) => id)

  it('is the newest 200, and whatever still runs', async () => {
    const { test, state, start, tasks } = await withKind()
    state.work = (name, signal) => (name === 'long' ? untilAborted(signal) : Promise.resolve())
    const forgotten: string[] = []
    tasks.subscribe((event) => event.type === 'dismissed' && forgotten.push(event.id))
    const long = await start(['long'])
    await expect.poll(() => state.began).toEqual(['long'])
    const ids: string[] = []
    for (let count = 0; count < 203; count++) ids.push((await start(['a'])).id)
    await expect.poll(() => forgotten).toHaveLength(3)
    await expect.poll(async () => (await rows(test)).length).toBe(201)
    const listed = tasks.list(administrator).map(({ id }) => id)
    expect(listed.toSorted()).toEqual((await rows(test)).toSorted())
    expect(listed).toContain(long.id)
    expect(listed).toContain(ids.at(-1))
    expect(() => tasks.get(administrator, forgotten[0] as string)).toThrow('task_not_found')
    tasks.cancel(administrator, long.id)
  })

  it('is not brought back by what runs on after it was forgotten', async () => {
    const { test, state, start, ended, tasks } = await withKind()
    let release = () => {}
    state.work = () =>
      new Promise((resolve) => {
        release = resolve
      })
    const { id } = await start(['a'])
    await expect.poll(() => state.began).toEqual(['a'])
    await test.app.db.deleteFrom('tasks').where('id', '=', id).execute()
    release()
    expect((await ended(id)).state).toBe('succeeded')
    await expect(tasks.retry(administrator, id)).rejects.toMatchObject({ code: 'task_not_found' })
    expect(await rows(test)).toEqual([])
  })

  it('runs once when it is retried twice at once, and is not forgotten meanwhile', async () => {
    const { state, start, ended, tasks } = await withKind()
    state.work = () => Promise.reject(new Error('broken'))
    const { id } = await ended((await start(['a'])).id)
    state.began.length = 0
    const answers = await Promise.allSettled([
      tasks.retry(administrator, id),
      tasks.retry(administrator, id),
      tasks.dismiss(administrator, id),
    ])
    await ended(id)
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected'])
    expect(state.began).toEqual(['a'])
  })

  it('is not what cannot be read any more', async () => {
    const own = mkdtempSync(join(folder, 'unread-'))
    const first = await withKind({ folder: own })
    const { id } = await first.ended((await first.start(['a'])).id)
    const row = { user_id: 'ada', created_at: '2020-01-01T00:00:00.000Z', input: '' }
    for (const [index, document] of ['{"id":1}', 'not JSON', 'null'].entries())
      await first.test.app.db
        .insertInto('tasks')
        .values({ ...row, id: String(index), document })
        .execute()
    await open.pop()?.close()
    const second = await withKind({ folder: own })
    expect(second.tasks.list(administrator).map((task) => task.id)).toEqual([id])
    expect(await rows(second.test)).toEqual([id])
  })
})

describe('whose a task is', () => {
  it('is its owner’s and the administrators’, and nobody else’s', async () => {
    const { tasks, start, ended } = await withKind()
    const task = await start(['a'])
    await ended(task.id)
    expect(tasks.list(viewer)).toEqual([])
    for (const act of [tasks.get, tasks.cancel] as const)
      expect(() => act(viewer, task.id)).toThrow('task_not_found')
    await expect(tasks.retry(viewer, task.id)).rejects.toMatchObject({ code: 'task_not_found' })
    await expect(tasks.dismiss(viewer, task.id)).rejects.toMatchObject({ code: 'task_not_found' })
  })

  it('runs no step that its owner may not do', async () => {
    const { tasks, state, ended } = await withKind()
    const options = { width: 1, stopOnFailure: false }
    const task = await tasks.start(viewer, 'test.work', { names: ['a'] }, options)
    const done = await ended(task.id)
    expect([done.state, done.steps[0]?.error?.code, state.began]).toEqual(['failed', 'denied', []])
  })
})

it('one step is cancelled and tried again while the others go on', async () => {
  const { tasks, state, start, ended } = await withKind()
  let finish = () => {}
  state.work = (name, signal) =>
    name === 'a' ? new Promise<void>((resolve) => (finish = resolve)) : untilAborted(signal)
  const task = await start(['a', 'b', 'c'], { width: 2 })
  const step = (name: string) => task.steps.find(({ subject }) => subject === name) as TaskStep
  await expect.poll(() => state.began).toEqual(['a', 'b'])
  tasks.cancel(administrator, task.id, step('c').id)
  tasks.cancel(administrator, task.id, step('b').id)
  await expect.poll(() => states(task)).toEqual(['running', 'cancelled', 'cancelled'])
  state.work = () => Promise.resolve()
  await tasks.retry(administrator, task.id, step('b').id)
  await expect.poll(() => states(task)).toEqual(['running', 'succeeded', 'cancelled'])
  await expect(tasks.retry(administrator, task.id, step('a').id)).rejects.toMatchObject({
    code: 'task_running',
  })
  await expect(tasks.retry(administrator, task.id, 'nothing')).rejects.toMatchObject({
    code: 'task_step_gone',
  })
  finish()
  expect((await ended(task.id)).state).toBe('partly')
  await tasks.retry(administrator, task.id, step('c').id)
  expect((await ended(task.id)).state).toBe('succeeded')
  expect(state.began).toEqual(['a', 'b', 'b', 'c'])
})

it('is followed on the live socket by its owner', async () => {
  const { test, tasks, state } = await withKind()
  await test.setUp()
  const { socket, follow } = await openLive(test)
  const { frames } = follow('tasks')
  await expect.poll(() => frames()[0]).toEqual({ type: 'tasks', tasks: [] })
  state.work = () => sleep(20)
  const options = { width: 1, stopOnFailure: false }
  const { id } = await tasks.start(viewer, 'test.work', { names: ['a'] }, options)
  const last = () => frames().at(-1)
  await expect.poll(last).toMatchObject({ type: 'task', task: { id, state: 'failed' } })
  await tasks.dismiss(administrator, id)
  await expect.poll(last).toEqual({ type: 'dismissed', id })
  socket.terminate()
})
