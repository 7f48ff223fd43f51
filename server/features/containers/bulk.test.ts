import { afterEach, describe, expect, it } from 'vitest'
import type { BulkPlan } from '#lib/contracts/bulk.ts'
import type { Container } from '#lib/contracts/containers.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import type { Task } from '#lib/contracts/tasks.ts'
import { type AppUnderTest, startApp } from '../../testing/app-under-test.ts'
import { type SmallEngine, startSmallEngine } from '../../testing/small-engine.ts'

const open: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close()
})

const idOf = (letter: string) => letter.repeat(64)

const listed = (name: string, State: Container['state']) => ({
  Id: idOf(name),
  Names: [`/${name}`],
  Image: 'web:1',
  ImageID: `sha256:${idOf('0')}`,
  Created: 1,
  State,
  Status: '',
  Labels: {},
})

/** An app with one host that answers and one that cannot be reached, and containers put as the live state puts them. */
async function withHosts(): Promise<{ test: AppUnderTest; engine: SmallEngine; online: Host; away: Host }> {
  const engine = await startSmallEngine()
  engine.containers = [listed('a', 'running'), listed('b', 'exited')]
  open.push(() => engine.close())
  const test = await startApp()
  open.push(() => test.close())
  await test.setUp()
  const add = async (name: string, port: number) =>
    (await test.call('POST', '/api/hosts', { name, transport: { kind: 'tcp', host: '127.0.0.1', port } }))
      .json as Host
  const online = await add('online', engine.port)
  const away = await add('away', 1)
  await expect.poll(() => test.app.live.fleet.all('containers', online.id).length).toBe(2)
  const put = (hostId: string, letter: string, state: Container['state']) =>
    test.app.live.fleet.put('containers', {
      hostId,
      id: idOf(letter),
      name: letter,
      state,
      labels: {},
    } as unknown as Container)
  put(away.id, 'c', 'running')
  return { test, engine, online, away }
}

describe('one action on many containers', () => {
  it('is planned first, saying what would be left out and why', async () => {
    const { test, online, away, engine } = await withHosts()
    const asked = engine.asked.length
    const refs = [
      [online.id, 'a'],
      [online.id, 'b'],
      [away.id, 'c'],
      [online.id, 'd'],
    ].map(([hostId, letter]) => ({ hostId, containerId: idOf(letter ?? '') }))
    const plan = async (action: string, options = {}) => {
      const answer = await test.call('POST', '/api/bulk/plan', { action, containers: refs, options })
      return (answer.json as BulkPlan).items.map((item) => item.refused)
    }
    expect(await plan('stop')).toEqual([null, 'state', 'host', 'gone'])
    expect(await plan('start')).toEqual(['state', null, 'host', 'gone'])
    expect(await plan('remove')).toEqual(['state', null, 'host', 'gone'])
    expect(await plan('remove', { force: true })).toEqual([null, null, 'host', 'gone'])
    // A plan asks no engine.
    expect(engine.asked.slice(asked).filter((line) => line.startsWith('POST'))).toEqual([])
  })

  it('tells while it stops how long that may take', async () => {
    const { test, online, engine } = await withHosts()
    engine.behaviour = 'hang'
    const containers = [{ hostId: online.id, containerId: idOf('a') }]
    const body = { action: 'stop', containers, options: { graceSeconds: 90 } }
    const started = (await test.call('POST', '/api/bulk', body)).json as Task
    const step = async () => ((await test.call('GET', `/api/tasks/${started.id}`)).json as Task).steps[0]
    await expect.poll(step).toMatchObject({ state: 'running', progress: [{ unit: 'seconds', total: 90 }] })
    await engine.close()
    // What came of it is asked as soon as it answers, unless nobody wants to wait for that.
    await expect.poll(step).toMatchObject({ state: 'running', error: { code: 'step_look_waits' } })
    await test.call('POST', `/api/tasks/${started.id}/cancel`, {})
    await expect.poll(step).toMatchObject({ state: 'unknown', error: { code: 'connection_reset' } })
  })

  it('becomes a task of what the plan does not refuse, with a result for each', async () => {
    const { test, online, away, engine } = await withHosts()
    const containers = [
      { hostId: online.id, containerId: idOf('a') },
      { hostId: online.id, containerId: idOf('b') },
      { hostId: away.id, containerId: idOf('c') },
    ]
    const body = { action: 'stop', containers, options: { graceSeconds: 3 } }
    const started = (await test.call('POST', '/api/bulk', body)).json as Task
    expect(started.steps.map((step) => step.subject)).toEqual(['a'])
    const read = async () => (await test.call('GET', `/api/tasks/${started.id}`)).json as Task
    await expect.poll(async () => (await read()).state).toBe('failed')
    // The small engine holds no containers: its own words reach the step.
    expect((await read()).steps[0]?.error).toMatchObject({
      code: 'container_not_found',
      hostId: online.id,
      objectId: idOf('a'),
    })
    expect(engine.asked).toContain(`POST /v1.41/containers/${idOf('a')}/stop?t=3`)
    const nothing = await test.call('POST', '/api/bulk', { ...body, containers: containers.slice(1) })
    expect((nothing.json as { error: { code: string } }).error.code).toBe('task_empty')
    expect((await test.call('POST', '/api/bulk', { ...body, action: 'rename' })).status).toBe(400)
    expect((await test.call('POST', '/api/bulk', { ...body, containers: [] })).status).toBe(400)
  })
})
