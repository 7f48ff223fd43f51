import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Host } from '#lib/contracts/hosts.ts'
import { createEngineClient } from '../engine/client.ts'
import { AppError } from '../errors.ts'
import type { Log } from '../log.ts'
import { type AppUnderTest, startApp } from '../testing/app-under-test.ts'
import { type Fault, type FaultyFront, startFaultyFront } from '../testing/faulty-front.ts'
import { type SimulatedEngine, startSimulatedEngine } from '../testing/simulated-engine.ts'
import { openTransport } from '../transport/index.ts'
import { ReadingStatus } from './reading.ts'

let test: AppUnderTest
let engine: SimulatedEngine
const fronts: FaultyFront[] = []
beforeAll(async () => {
  engine = await startSimulatedEngine({ number: 1, containers: 3 })
  test = await startApp()
  await test.setUp()
})
afterAll(async () => {
  await test.close()
  for (const front of fronts) front.close()
  engine.close()
})

async function hostBehind(name: string, faults: FaultyFront['faults']) {
  const front = await startFaultyFront(engine)
  front.faults = faults
  fronts.push(front)
  const transport = { kind: 'tcp', host: '127.0.0.1', port: front.port }
  const added = await test.call('POST', '/api/hosts', { name, transport })
  if (added.status !== 200) throw new Error(`${name} was not added: ${JSON.stringify(added.json)}`)
  const { id } = added.json as Host
  const host = async () => (await test.call('GET', `/api/hosts/${id}`)).json as Host
  const names = () =>
    test.app.live.fleet
      .all('containers', id)
      .map((container) => container.name)
      .sort()
  return { id, front, host, names }
}
const all = ['service-0', 'service-1', 'service-2']

const kinds: [Fault & string, string][] = [
  ['garbage', 'engine_answer_invalid'],
  ['noJson', 'engine_answer_invalid'],
  ['status500', 'engine_error'],
  ['errorBody', 'engine_answer_invalid'],
  ['cut', 'connection_reset'],
  ['wrongLength', 'engine_answer_invalid'],
  ['huge', 'engine_answer_invalid'],
]

describe('a host that answers pings and whose lists fail', () => {
  it.concurrent.for(kinds)(
    'says so while its containers come as %s, and heals by itself',
    async ([fault, code], { expect }) => {
      const { front, host, names } = await hostBehind(`list-${fault}`, [[/^\/containers\/json$/, fault]])
      await expect
        .poll(async () => (await host()).reading.failed)
        .toMatchObject([{ kind: 'containers', error: { code } }])
      const seen = await host()
      expect(seen).toMatchObject({ state: 'online', syncedAt: null })
      expect(Date.parse(seen.reading.failed[0]?.since ?? '')).toBeLessThanOrEqual(Date.now())
      front.faults = []
      await expect.poll(names).toEqual(all)
      expect((await host()).reading.failed).toEqual([])
    },
  )

  it.concurrent('keeps the other kinds, and what it had of the one that fails', async ({ expect }) => {
    const { front, host, names, id } = await hostBehind('one-kind', [[/^\/volumes$/, 'errorBody']])
    await expect.poll(names).toEqual(all)
    await expect.poll(async () => (await host()).reading.failed).toMatchObject([{ kind: 'volumes' }])
    front.faults = [[/^\/(containers|images)\/json$/, 'status500']]
    await test.app.hosts.service.setPaused(id, true)
    await test.app.hosts.service.setPaused(id, false)
    const failed = async () => (await host()).reading.failed.map(({ kind }) => kind).sort()
    await expect.poll(failed).toEqual(['containers', 'images'])
    expect(names()).toEqual(all)
  })

  it.each(['slow', 'endless1xx', 'gathered'] as const)('waits for no list that is %s', async (fault) => {
    const front = await startFaultyFront(engine)
    fronts.push(front)
    const transport = openTransport({ kind: 'tcp', host: '127.0.0.1', port: front.port })
    const client = createEngineClient(transport)
    await client.connect()
    front.faults = [[/json$/, fault]]
    await expect(client.containers.list({ timeoutMs: 200 })).rejects.toMatchObject({
      code: 'host_unresponsive',
    })
    await transport.close()
  })
})

const good = (name: string) => ({
  Id: name.padEnd(64, '0'),
  Names: [`/${name}`],
  Image: 'web:1',
  ImageID: `sha256:${'a'.repeat(64)}`,
  Command: 'x',
  Created: 1_767_225_600,
  State: 'running',
  Status: 'Up',
  Labels: {},
  Ports: [],
})

describe('rows that are not as an engine promises', () => {
  const oddities: [string, object | null][] = [
    ['a port that is none', { Ports: [null] }],
    ['an id that is none', { Id: '../..' }],
    ['no state', { State: null }],
    ['a label that is a number', { Labels: { tier: 5 } }],
    ['an image id that is a number', { ImageID: 5 }],
    ['ports that are no list', { Ports: 'none' }],
    ['no row at all', null],
  ]
  it.concurrent.for(oddities)('cost no other: %s', async ([what, change], { expect }) => {
    const odd = change && { ...good('c'), ...change }
    const list = [good('a'), odd, good('b')]
    const { host, names } = await hostBehind(what, [
      [/^\/containers\/json$/, { json: list }],
      // The engine behind has none of them, and of what it says is gone the row would go before somebody looks.
      [/^\/containers\/\w+\/json$/, 'status500'],
    ])
    await expect.poll(names).toEqual(['a', 'b'])
    const { reading } = await host()
    expect(reading.failed).toEqual([])
    expect(reading.odd).toMatchObject([{ kind: 'containers', count: 1, name: change ? 'c' : '#2' }])
  })

  it('are left out of volumes, networks and images as well', async () => {
    const images = [{ Id: `sha256:${'b'.repeat(64)}`, Created: 1, Size: 1 }, { Id: 5 }]
    const { host, id } = await hostBehind('others', [
      [/^\/images\/json$/, { json: images }],
      [/^\/volumes$/, { json: { Volumes: [{ Name: 'v', Driver: 'local' }, { Name: 'w' }] } }],
      [/^\/networks$/, { json: [{ Id: 'n', Name: 'n', Driver: 'bridge' }, [], 'x'] }],
    ])
    const odd = async () => (await host()).reading.odd.map(({ kind, count }) => `${kind} ${count}`).sort()
    await expect.poll(odd).toEqual(['images 1', 'networks 2', 'volumes 1'])
    const count = (kind: 'images' | 'volumes' | 'networks') => test.app.live.fleet.all(kind, id).length
    expect([count('images'), count('volumes'), count('networks')]).toEqual([1, 1, 1])
  })
})

describe('documents of an engine that lack or mistake a field', () => {
  const version = { Version: '1', ApiVersion: '1.41', Os: 'linux', Arch: 'amd64' }
  it.concurrent.for([
    ['version, a number', /^\/version$/, { ...version, Version: 5 }, /Version/],
    ['version, no system', /^\/version$/, { ...version, Os: undefined }, /Os/],
    ['version, odd parts', /^\/version$/, { ...version, Components: [null] }, /Components/],
    ['info, odd options', /^\/info$/, { SecurityOptions: 'rootless' }, /SecurityOptions/],
    ['info, none', /^\/info$/, null, /info/],
  ] as const)('are named: %s', async ([what, path, json, words], { expect }) => {
    const { host } = await hostBehind(what, [[path, { json }]])
    await expect
      .poll(async () => (await host()).error, { timeout: 10_000 })
      .toMatchObject({ code: 'engine_answer_invalid', detail: expect.stringMatching(words) })
  })

  it('do not keep a host away where they are for show', async () => {
    const { host } = await hostBehind('for show', [
      [/^\/info$/, { json: { NCPU: '4', Name: 5, Driver: [] } }],
    ])
    await expect.poll(async () => (await host()).engine?.cpus).toBeNull()
  })

  it.each([
    ['a configuration that is a word', { Id: 'a'.repeat(64), State: {}, HostConfig: {}, Config: 'x' }],
    ['odd labels', { Id: 'a'.repeat(64), State: {}, HostConfig: {}, Config: { Labels: [] } }],
    ['odd binds', { Id: 'a'.repeat(64), State: {}, HostConfig: { Binds: [5] }, Config: {} }],
    ['nothing', null],
    ['a list', []],
  ])('an inspect that is odd is the engine’s fault and said so: %s', async (what, json) => {
    const { front, id, names } = await hostBehind(`inspect ${what}`, [])
    await expect.poll(names).toEqual(all)
    const [container] = test.app.live.fleet.all('containers', id)
    front.faults = [[/^\/containers\/[0-9a-f]{64}\/json$/, { json }]]
    for (const path of ['', '/spec', '/files?path=/']) {
      const answer = await test.call('GET', `/api/hosts/${id}/containers/${container?.id}${path}`)
      const { error } = answer.json as { error?: { code: string; hostId?: string } }
      expect([path, error?.code]).not.toContain('internal')
      if (path === '') expect(error).toMatchObject({ code: 'engine_answer_invalid', hostId: id })
    }
  })
})

it('one change is one line in the log, and a failure that goes on has the moment of its beginning', () => {
  const lines: string[] = []
  const line = (level: string) => (_: unknown, words: string) => lines.push(`${level} ${words}`)
  let changes = 0
  const log = { warn: line('warn'), info: line('info') } as unknown as Log
  const status = new ReadingStatus(log, () => changes++)
  const error = new AppError('engine_error', { detail: 'x' })
  status.failed('containers', error)
  const [first] = status.view().failed
  for (let times = 0; times < 5; times++) status.failed('containers', error)
  status.failed('containers', new AppError('connection_reset'))
  expect(status.view().failed).toMatchObject([{ since: first?.since, error: { code: 'connection_reset' } }])
  status.read('containers', [{ name: 'c', detail: 'odd' }])
  status.read('containers', [{ name: 'c', detail: 'odd' }])
  status.read('containers', [])
  status.events({ error, everySeconds: 15 })
  status.events({ error, everySeconds: 15 })
  status.events(null)
  expect(lines).toEqual([
    'warn cannot be read',
    'warn cannot be read',
    'info is read again',
    'warn rows cannot be read',
    'info all rows are read again',
    'warn without events: lists are read at intervals',
    'info events come again',
  ])
  expect(changes).toBe(6)
})

describe('events that do not come', () => {
  it.concurrent.for([
    ['status500', 'engine_error'],
    ['empty', 'events_ended'],
    ['noJson', 'engine_answer_invalid'],
  ] as const)('(%s) keep no list back, and are told', async ([fault, code], { expect }) => {
    const { front, host, names } = await hostBehind(`events ${fault}`, [[/^\/events$/, fault]])
    await expect.poll(names).toEqual(all)
    await expect
      .poll(async () => (await host()).reading.withoutEvents)
      .toMatchObject({
        everySeconds: 15,
        error: { code },
      })
    expect(await host()).toMatchObject({ state: 'online', reading: { failed: [] } })
    // Few attempts, and no list for each of them.
    expect(front.asked.filter((path) => path === '/containers/json').length).toBeLessThan(6)
  })

  it('(gathered by a proxy) keep no list back for longer than two seconds', async () => {
    const began = Date.now()
    const { names } = await hostBehind('events gathered', [[/^\/events$/, 'gathered']])
    await expect.poll(names).toEqual(all)
    expect(Date.now() - began).toBeLessThan(8000)
  })
})

it('another engine at the address is told once, also over a restart, and not where the address was changed', async () => {
  const answers = (ID: string): FaultyFront['faults'] => [[/^\/info$/, { json: { ID } }]]
  const { id, front, host } = await hostBehind('moved', answers('one'))
  const codes = async () => (await host()).reading.notices.map(({ error }) => error.code)
  const again = async () => {
    await test.call('POST', `/api/hosts/${id}/pause`)
    await test.call('POST', `/api/hosts/${id}/resume`)
    await expect.poll(async () => (await host()).state).toBe('online')
  }
  await expect.poll(async () => (await host()).state).toBe('online')
  await again()
  expect(await codes()).toEqual([])
  front.faults = answers('two')
  await again()
  expect(await codes()).toEqual(['engine_changed'])
  const stored = async () => {
    const query = test.app.db.selectFrom('hosts').select('engine_identity').where('id', '=', id)
    return (await query.executeTakeFirstOrThrow()).engine_identity
  }
  await expect.poll(stored).toBe('two')
  const transport = { kind: 'tcp', host: 'localhost', port: front.port }
  front.faults = answers('three')
  await test.call('PATCH', `/api/hosts/${id}`, { transport })
  await expect.poll(stored).toBe('three')
  expect(await codes()).toEqual([])
})

it('a clock that is off is told once, and that it is right again', () => {
  const lines: string[] = []
  const line = (_: unknown, words: string) => void lines.push(words)
  const status = new ReadingStatus({ warn: line, info: line } as unknown as Log, () => {})
  for (const ahead of [20_000, null, 600_000, 601_000, 50_000]) status.clockIs(ahead)
  expect(status.view().notices).toMatchObject([{ error: { code: 'clock_ahead', params: { seconds: 600 } } }])
  status.clear()
  expect(status.view().notices).toHaveLength(1)
  status.clockIs(1000)
  status.clockIs(-90_000)
  expect(status.view().notices).toMatchObject([{ error: { code: 'clock_behind', params: { seconds: 90 } } }])
  expect(lines).toEqual([
    'the clock differs from ours',
    'the clock is right again',
    'the clock differs from ours',
  ])
})
