import { afterAll, beforeAll, expect, it } from 'vitest'
import { readDockerfile } from '#lib/build/dockerfile.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import type { Registry } from '#lib/contracts/registries.ts'
import type { Task } from '#lib/contracts/tasks.ts'
import { type AppUnderTest, startApp } from '../../testing/app-under-test.ts'
import { endedTask } from '../../testing/lab-hosts.ts'
import { give, join, makeRole, type Somebody } from '../../testing/people.ts'
import { startRecordingEngine } from '../../testing/recording-engine.ts'
import { imagesOfBuild } from './accounts.ts'

type Engine = Awaited<ReturnType<typeof startRecordingEngine>>

const address = 'registry.corp.example'
let test: AppUnderTest
let engine: Engine
let other: Engine
/** Its builds take accounts in a header; BuildKit asks for them by its session. */
let builder: Engine
let registry: Registry
/** May register and edit hosts, pull and build, and not edit registries. */
let editor: Somebody

beforeAll(async () => {
  engine = await startRecordingEngine()
  other = await startRecordingEngine()
  builder = await startRecordingEngine('podman')
  test = await startApp()
  await test.setUp()
  const account = { address, username: 'robot', password: 'canary' }
  registry = (await test.call('POST', '/api/registries', account)).json as Registry
  await test.call('POST', '/api/registries', { ...account, address: 'other.example' })
  editor = await join(test, 'edith', null)
  const permissions = [
    ...(['hosts.edit', 'hosts.view', 'images.view', 'images.pull'] as const),
    // A build asks for both.
    ...(['images.build', 'containers.unrestricted'] as const),
  ]
  const role = await makeRole(test, 'sets hosts up', permissions)
  const selects = { hosts: { kind: 'all' }, containers: { kind: 'all' } } as const
  await give(test, editor, { effect: 'allow', role, ...selects })
})
afterAll(async () => {
  await test?.close()
  engine?.close()
  other?.close()
  builder?.close()
})

type Who = Pick<AppUnderTest, 'call'>
const transport = ({ port }: Engine) => ({ kind: 'tcp', host: '127.0.0.1', port, acceptUnencrypted: true })
const online = async ({ id }: Host) => {
  await expect.poll(() => test.app.hosts.registry.get(id).state).toBe('online')
  return id
}
async function addHost(who: Who, name: string, tags: string[] = [], at = engine): Promise<string> {
  const { json, status } = await who.call('POST', '/api/hosts', { name, tags, transport: transport(at) })
  expect([status, json]).toEqual([200, expect.anything()])
  return online(json as Host)
}
const forHosts = (hosts: unknown) =>
  test.call('PUT', `/api/registries/${registry.id}`, { address, username: 'robot', hosts })
/** The account that an engine was sent for a pull; undefined for none. */
async function pulled(hostId: string, at = engine): Promise<string | undefined> {
  at.recorded.length = 0
  const pull = { hostIds: [hostId], reference: `${address}/any/thing:1` }
  await endedTask(test, (await editor.call('POST', '/api/images/pull', pull)).json as Task)
  const header = at.recorded.find(({ line }) => line.includes('/images/create'))?.headers['x-registry-auth']
  return header === undefined
    ? undefined
    : JSON.parse(Buffer.from(String(header), 'base64url').toString()).username
}
/** Registries whose accounts an engine was sent for a build. */
async function built(hostId: string, text: string, more: object = {}, who: Who = editor): Promise<string[]> {
  builder.recorded.length = 0
  const build = { hostIds: [hostId], tags: ['a:1'], context: { kind: 'dockerfile', text }, ...more }
  const answer = await who.call('POST', '/api/images/build', build)
  if (answer.status !== 200) return [String(answer.status)]
  await endedTask(test, answer.json as Task)
  const header = builder.recorded.find(({ line }) => line.includes('/build'))?.headers['x-registry-config']
  return header === undefined
    ? []
    : Object.keys(JSON.parse(Buffer.from(String(header), 'base64url').toString()))
}

it('a host that somebody sets up who may not edit registries gets no account', async () => {
  const theirs = await addHost(editor, 'theirs')
  expect(await pulled(theirs)).toBeUndefined()
  expect(test.app.hosts.registry.get(theirs).takesAccounts).toBe(false)
  const ours = await addHost(test, 'ours')
  expect(await pulled(ours)).toBe('robot')
  // Saved by who may hand accounts out.
  await test.call('PATCH', `/api/hosts/${theirs}`, { name: 'theirs-named' })
  expect(await pulled(theirs)).toBeUndefined()
  await test.call('PATCH', `/api/hosts/${theirs}`, { transport: transport(engine) })
  expect(await pulled(theirs)).toBe('robot')
})

it('a host that somebody else leads elsewhere gets no account any more', async () => {
  const hostId = await addHost(test, 'moved')
  await editor.call('PATCH', `/api/hosts/${hostId}`, { name: 'moved-named', transport: transport(engine) })
  expect(await pulled(hostId)).toBe('robot')
  const moved = await editor.call('PATCH', `/api/hosts/${hostId}`, { transport: transport(other) })
  await online(moved.json as Host)
  expect(await pulled(hostId, other)).toBeUndefined()
  // And back: who vouches for it now is nobody.
  await online(
    (await editor.call('PATCH', `/api/hosts/${hostId}`, { transport: transport(engine) })).json as Host,
  )
  expect(await pulled(hostId)).toBeUndefined()
})

it('an account goes to the hosts and tags that it is for', async () => {
  const [one, two] = [await addHost(test, 'one', ['prod']), await addHost(test, 'two')]
  await forHosts([{ kind: 'host', hostId: two }])
  expect([await pulled(one), await pulled(two)]).toEqual([undefined, 'robot'])
  // As it was, where nothing is said.
  await forHosts(undefined)
  expect([await pulled(one), await pulled(two)]).toEqual([undefined, 'robot'])
  await forHosts([{ kind: 'tag', tag: 'prod' }])
  expect([await pulled(one), await pulled(two)]).toEqual(['robot', undefined])
  await editor.call('PATCH', `/api/hosts/${two}`, { tags: ['prod'] })
  expect(await pulled(two)).toBeUndefined()
  await test.call('PATCH', `/api/hosts/${two}`, { tags: ['prod'] })
  expect(await pulled(two)).toBe('robot')
  await forHosts([])
  expect([await pulled(one), await pulled(two)]).toEqual([undefined, undefined])
  engine.scripts['/images/create'] = ({ socket }) => {
    const line = '{"error":"pull access denied"}\n'
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${line.length}\r\n\r\n${line}`)
  }
  const pull = { hostIds: [one], reference: `${address}/any/thing:1` }
  const task = await endedTask(test, (await editor.call('POST', '/api/images/pull', pull)).json as Task)
  expect(task.steps[0]?.error?.code).toBe('registry_account_withheld')
  delete engine.scripts['/images/create']
  await forHosts([{ kind: 'all' }])
})

it('a build gets the accounts of what its Dockerfile names, and all when an administrator says so', async () => {
  const hostId = await addHost(test, 'builder', [], builder)
  expect(await built(hostId, `FROM ${address}/base:1`)).toEqual([address])
  expect(await built(hostId, `ARG BASE=${address}/base\nFROM \${BASE}:1`)).toEqual([address])
  const given = { buildArgs: { BASE: 'other.example/base' } }
  expect(await built(hostId, `ARG BASE=${address}/base\nFROM $BASE`, given)).toEqual(['other.example'])
  expect(await built(hostId, 'ARG BASE\nFROM $BASE')).toEqual([])
  expect(await built(hostId, 'FROM scratch')).toEqual([])
  const remote = { context: { kind: 'remote', url: 'https://git.example/a.git' } }
  expect(await built(hostId, '', remote)).toEqual([])
  expect(await built(hostId, '', { ...remote, allAccounts: true })).toEqual(['403'])
  const all = await built(hostId, '', { ...remote, allAccounts: true }, test)
  expect(all.toSorted()).toEqual(['other.example', address])
  const { json } = await test.call('GET', '/api/audit?action=registries.send')
  expect(JSON.stringify(json)).toContain('all accounts for a:1')
  expect(await built(await addHost(editor, 'theirs-too', [], builder), `FROM ${address}/base:1`)).toEqual([])
})

it.each([
  ['FROM a.example/x', {}, ['a.example/x']],
  [
    'ARG A=a.example\nFROM ${A}/x AS b\nFROM b\nCOPY --from=c.example/y /a /a',
    {},
    ['a.example/x', 'c.example/y'],
  ],
  ['ARG A\nFROM ${A:-a.example/x}', {}, ['a.example/x']],
  ['ARG A=a.example\nARG B=$A/x\nFROM $B', {}, ['a.example/x']],
  ['ARG A=a.example/x\nFROM $A', { A: 'b.example/x' }, ['b.example/x']],
  ['FROM $A', { A: 'b.example/x' }, []],
  ['# syntax=s.example/dockerfile:1\nFROM scratch', {}, ['s.example/dockerfile:1']],
])('%j reads images by name', (text, given, images) => {
  expect(imagesOfBuild(readDockerfile(text), given)).toEqual(images)
})
