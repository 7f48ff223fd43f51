import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import type { Host } from '#lib/contracts/hosts.ts'
import type { Task } from '#lib/contracts/tasks.ts'
import { startApp } from '../testing/app-under-test.ts'
import { startSimulatedEngine } from '../testing/simulated-engine.ts'
import { mayMount, mountSmallDisk } from '../testing/small-disk.ts'
import { administrator, closeApps, open, states, untilAborted, withKind } from '../testing/test-tasks.ts'

const folder = mkdtempSync(join(tmpdir(), 'roadstead-restart-'))
afterEach(closeApps)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('over a restart', () => {
  it('says that it was interrupted, and a retry works from what was stored', async () => {
    const first = await withKind({ folder })
    first.state.work = (name, signal) => (name === 'a' ? Promise.resolve() : untilAborted(signal))
    const task = await first.tasks.start(
      administrator,
      'test.work',
      { names: ['a', 'b', 'c'], password: 'correct horse' },
      { width: 1, stopOnFailure: false },
    )
    await expect.poll(() => first.state.began).toEqual(['a', 'b'])
    const rows = JSON.stringify(await first.test.app.db.selectFrom('tasks').selectAll().execute())
    expect(rows).not.toContain('correct horse')
    await open.pop()?.close()

    const second = await withKind({ folder })
    const found = second.tasks.get(administrator, task.id)
    expect([found.state, states(found)]).toEqual(['interrupted', ['succeeded', 'unknown', 'skipped']])
    await second.tasks.retry(administrator, task.id)
    expect((await second.ended(task.id)).state).toBe('succeeded')
    expect(second.state.began).toEqual(['b', 'c'])
  })
})

describe('what is on the disk at any moment', () => {
  /** A server that was killed now leaves this. */
  const killed = (own: string) => {
    const copy = mkdtempSync(join(folder, 'copy-'))
    cpSync(own, copy, { recursive: true })
    return copy
  }

  it('a step that was begun is not told as not begun, nor one that ended as unknown', async () => {
    const own = mkdtempSync(join(folder, 'killed-'))
    const first = await withKind({ folder: own })
    first.state.work = (name, signal) => (name === 'b' ? untilAborted(signal) : Promise.resolve())
    const { id } = await first.start(['a', 'b', 'c'], { width: 1 })
    await expect.poll(() => first.state.began).toEqual(['a', 'b'])
    const second = await withKind({ folder: killed(own) })
    const found = second.tasks.get(administrator, id)
    expect([found.state, states(found)]).toEqual(['interrupted', ['succeeded', 'unknown', 'skipped']])
    expect(found.steps[0]?.result).toEqual({ id: 'of a' })
    const { items } = await second.test.app.audit.search.page({}, undefined, 100)
    const told = items.filter(({ taskId }) => taskId === id)
    expect(told.map(({ summary, result }) => [summary, result?.outcome]).toSorted()).toEqual([
      ['start a', 'succeeded'],
      ['start b', 'unknown'],
    ])
  })

  it('what was being done at a host that is away is looked at when that is back, or given up', async () => {
    const engine = await startSimulatedEngine({ number: 1, containers: 1 })
    try {
      const own = mkdtempSync(join(folder, 'away-'))
      const first = await startApp({}, own)
      open.push(first)
      await first.setUp()
      const transport = { kind: 'tcp', host: '127.0.0.1', port: engine.port }
      const { id: hostId } = (await first.call('POST', '/api/hosts', { name: 'away', transport }))
        .json as Host
      const known = () => first.app.live.fleet.all('containers', hostId)
      await expect.poll(known).toHaveLength(1)
      engine.goSilent()
      const containers = known().map(({ id: containerId }) => ({ hostId, containerId }))
      const { id } = (await first.call('POST', '/api/bulk', { action: 'stop', containers })).json as Task
      await expect.poll(() => first.app.tasks.get(administrator, id).steps[0]?.state).toBe('running')
      const second = await startApp({}, killed(own))
      open.push(second)
      const step = () => second.app.tasks.get(administrator, id).steps[0]
      await expect.poll(step).toMatchObject({ state: 'running', error: { code: 'step_look_waits' } })
      second.app.tasks.cancel(administrator, id)
      await expect.poll(step).toMatchObject({ state: 'unknown', error: { code: 'step_outcome_unknown' } })
    } finally {
      engine.close()
    }
  })

  // Left out only for who is not root outside of CI, since mounting takes root (small-disk.ts); in CI it always runs.
  it.skipIf(!mayMount)('an end that had no room is stored when there is room', async () => {
    const disk = mountSmallDisk(8)
    try {
      const own = join(disk.folder, 'data')
      mkdirSync(own)
      const first = await withKind({ folder: own })
      let release = () => {}
      first.state.work = () => new Promise((resolve) => (release = resolve))
      const { id } = await first.start(['a'])
      await expect.poll(() => first.state.began).toEqual(['a'])
      disk.fill()
      release()
      expect((await first.ended(id)).state).toBe('succeeded')
      const between = await withKind({ folder: killed(own) })
      expect(states(between.tasks.get(administrator, id))).toEqual(['unknown'])
      const stored = async () => {
        const query = first.test.app.db.selectFrom('tasks').select('document').where('id', '=', id)
        return JSON.parse((await query.executeTakeFirstOrThrow()).document).state
      }
      expect(await stored()).not.toBe('succeeded')
      disk.empty()
      await expect.poll(stored).toBe('succeeded')
    } finally {
      await closeApps()
      disk.unmount()
    }
  })
})
