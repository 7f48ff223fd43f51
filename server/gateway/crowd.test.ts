import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { MadeToken } from '#lib/contracts/account.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import { type AppUnderTest, startApp } from '../testing/app-under-test.ts'
import { following } from '../testing/live-viewer.ts'
import { give, join, makeRole } from '../testing/people.ts'
import { startRecordingEngine } from '../testing/recording-engine.ts'

let test: AppUnderTest
let engine: Awaited<ReturnType<typeof startRecordingEngine>>
let hostId: string
const id = 'a'.repeat(64)

beforeAll(async () => {
  engine = await startRecordingEngine()
  engine.answers['/containers/json'] = [
    {
      Id: id,
      Names: ['/safe'],
      Labels: {},
      Image: 'a',
      ImageID: `sha256:${id}`,
      State: 'running',
      Ports: [],
    },
  ]
  engine.answers[`/containers/${id}/json`] = { Id: id, Name: '/safe', Config: {} }
  test = await startApp()
  await test.setUp()
  const transport = { kind: 'tcp', host: '127.0.0.1', port: engine.port }
  hostId = ((await test.call('POST', '/api/hosts', { name: 'one', transport })).json as Host).id
  await vi.waitFor(
    async () => expect(((await test.call('GET', '/api/hosts')).json as Host[])[0]?.state).toBe('online'),
    { timeout: 30_000 },
  )
})
afterAll(async () => {
  await test?.close()
  engine?.close()
})

it('one who holds as many streams as they get takes the host away from nobody, and hears why there are no more', async () => {
  const holder = await join(test, 'holder', 'operator')
  const tokenOf = async (call: AppUnderTest['call'], permissions: string[]) =>
    (await call('POST', '/api/account/tokens', { name: 'cli', hours: 1, permissions })).json as MadeToken
  const permissions = ['gateway.use', 'containers.view', 'containers.logs', 'hosts.view']
  const ask = (token: string, path: string, signal?: AbortSignal) =>
    fetch(`${test.origin}/h/${hostId}/v1.41${path}`, {
      headers: { authorization: `Bearer ${token}` },
      ...(signal ? { signal } : {}),
    })
  const { token } = await tokenOf(holder.call, permissions)
  const held = new AbortController()
  const answers = await Promise.all(
    Array.from({ length: 260 }, () => ask(token, `/containers/${id}/logs?stdout=1&follow=1`, held.signal)),
  )
  const refused = answers.filter(({ status }) => status === 429)
  expect([...new Set(answers.map(({ status }) => status))].sort()).toEqual([200, 429])
  expect(refused.length).toBe(10)
  expect(await refused[0]?.json()).toEqual({ message: expect.stringContaining('Too much is under way') })

  const { token: other } = await tokenOf(test.call, permissions)
  expect((await ask(other, '/_ping')).status).toBe(200)
  expect((await ask(token, '/_ping')).status).toBe(429)
  expect((await test.call('GET', `/api/hosts/${hostId}/disk`)).status).not.toBe(429)
  expect(((await test.call('GET', '/api/hosts')).json as Host[])[0]?.state).toBe('online')
  held.abort()
  await expect.poll(async () => (await ask(token, '/_ping')).status).toBe(200)
})

it('sockets of one person are counted, and come back', async () => {
  const viewer = await join(test, 'watcher', 'viewer')
  const opened = await Promise.all(
    Array.from({ length: 200 }, () => viewer.socket('/api/live', following('fleet'))),
  )
  await expect(viewer.socket('/api/live', following('fleet'))).rejects.toThrow('429')
  for (const { socket } of opened) socket.terminate()
  await expect
    .poll(() =>
      viewer.socket('/api/live', following('tasks')).then(
        () => 'open',
        () => 'refused',
      ),
    )
    .toBe('open')
})

it('what one keeps open at a host by the dashboard is counted together, of whatever kind', async () => {
  await expect.poll(() => test.app.live.fleet.get('containers', hostId, id)).toBeDefined()
  const person = await join(test, 'many', null)
  const all = { kind: 'all' } as const
  await give(test, person, {
    effect: 'allow',
    role: await makeRole(test, 'All'),
    hosts: all,
    containers: all,
  })
  const selection = { containers: [{ hostId, containerId: id }] }
  const logs = () => person.socket('/api/logs', { type: 'open', selection })
  const opened = await Promise.all(Array.from({ length: 100 }, logs))
  const refused = expect.stringContaining('too_many_streams')
  const told = async (viewer: Promise<{ texts: string[] }>) => {
    const { texts } = await viewer
    await expect.poll(() => texts.join('')).toContain('"error"')
    return texts.join('')
  }
  expect(await told(logs())).toEqual(refused)
  const terminal = `/api/terminal?hostId=${hostId}&containerId=${id}`
  const start = { type: 'start', mode: 'exec', columns: 80, rows: 24 }
  expect(await told(person.socket(terminal, start))).toEqual(refused)
  expect(await told(person.socket('/api/live', following('container-stats', { hostId, id })))).toEqual(
    refused,
  )
  const path = `/api/hosts/${hostId}/containers/${id}`
  expect((await person.call('GET', `${path}/export`)).status).toBe(429)
  // What is no stream goes on, and so do the streams of others.
  expect((await person.call('GET', path)).status).toBe(200)
  expect((await test.call('GET', `${path}/export`)).status).toBe(200)
  for (const { socket } of opened) socket.terminate()
  await expect.poll(async () => (await person.call('GET', `${path}/export`)).status).toBe(200)
})
