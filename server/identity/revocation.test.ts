import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { closeCodes } from '#lib/close-codes.ts'
import type { MadeToken } from '#lib/contracts/account.ts'
import type { Container } from '#lib/contracts/containers.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import { type AppUnderTest, startApp } from '../testing/app-under-test.ts'
import { following, openLive } from '../testing/live-viewer.ts'
import { give, join, makeRole, type Somebody } from '../testing/people.ts'
import { startRecordingEngine } from '../testing/recording-engine.ts'

let test: AppUnderTest
let engine: Awaited<ReturnType<typeof startRecordingEngine>>
let hostId: string

beforeAll(async () => {
  engine = await startRecordingEngine()
  engine.answers[`/containers/${containerId}/json`] = { Id: containerId, Name: '/safe', Config: {} }
  test = await startApp()
  await test.setUp()
  const transport = { kind: 'tcp', host: '127.0.0.1', port: engine.port }
  hostId = ((await test.call('POST', '/api/hosts', { name: 'one', tags: ['a'], transport })).json as Host).id
  await vi.waitFor(
    async () => expect(((await test.call('GET', '/api/hosts')).json as Host[])[0]?.state).toBe('online'),
    { timeout: 30_000 },
  )
  rename('safe')
  // One of each kind that fails whenever it is told, before all that a person opens.
  const { access, live, hosts, identity, tasks } = test.app
  const fault = () => {
    throw new Error('A fault')
  }
  access.onChanged(fault)
  live.fleet.subscribe(fault)
  hosts.registry.subscribe(fault)
  identity.onEnded(fault)
  tasks.subscribe(fault)
})
afterAll(async () => {
  await test?.close()
  engine?.close()
})

const containerId = 'a'.repeat(64)
function rename(name: string): void {
  const row = { hostId, id: containerId, name, image: 'x:1', state: 'running', labels: {}, startedAt: null }
  test.app.live.fleet.put('containers', row as unknown as Container)
  test.app.live.fleet.flush()
}

/** Milliseconds after which nothing of theirs may be open. */
const promisedMs = 2000
const inTime = async <T>(what: Promise<T>) => {
  const late = new Promise<'late'>((resolve) => setTimeout(resolve, promisedMs, 'late'))
  return Promise.race([what, late])
}

interface Held extends Somebody {
  roleId: string
  grant: string
  tokenId: string
  /** Of the gateway's stream: over. */
  stream: Promise<unknown>
  sockets: Promise<number>[]
}

/** Somebody with a grant by the host's tag, a live socket, one of tasks, and a program that waits at the gateway. */
async function somebody(name: string): Promise<Held> {
  rename('safe')
  await test.call('PATCH', `/api/hosts/${hostId}`, { tags: ['a'] })
  const who = await join(test, name, null)
  const roleId = await makeRole(test, `role of ${name}`)
  const byTag = { effect: 'allow', role: roleId, hosts: { kind: 'tag', tag: 'a' } } as const
  const containers = { kind: 'name', pattern: 'safe' } as const
  const { id: grant } = await give(test, who, { ...byTag, containers })
  const sockets = [await who.socket('/api/live', following('fleet'))]
  await expect.poll(() => sockets[0]?.texts.join('')).toContain('snapshot')
  const made = await who.call('POST', '/api/account/tokens', {
    name: 'cli',
    hours: 1,
    permissions: ['gateway.use', 'containers.view', 'containers.logs', 'hosts.view'],
  })
  const { token, id: tokenId } = made.json as MadeToken
  const answer = await fetch(
    `${test.origin}/h/${hostId}/v1.41/containers/${containerId}/logs?stdout=1&follow=1`,
    {
      headers: { authorization: `Bearer ${token}` },
    },
  )
  expect([made.status, answer.status]).toEqual([200, 200])
  return {
    ...who,
    roleId,
    grant,
    tokenId,
    sockets: sockets.map(({ closed }) => closed),
    stream: answer.text().then(
      () => 'over',
      () => 'cut',
    ),
  }
}

const changes: [string, 'live' | 'gateway' | 'both', (who: Held) => ReturnType<AppUnderTest['call']>][] = [
  [
    'its grant is deleted',
    'both',
    ({ id, grant }) => test.call('DELETE', `/api/users/${id}/grants/${grant}`),
  ],
  [
    'its role is changed',
    'both',
    ({ roleId }) => test.call('PATCH', `/api/roles/${roleId}`, { permissions: ['images.view'] }),
  ],
  ['the host has other tags', 'gateway', () => test.call('PATCH', `/api/hosts/${hostId}`, { tags: ['b'] })],
  [
    'the container has another name',
    'gateway',
    async () => {
      rename('another')
      return test.call('GET', '/api/hosts')
    },
  ],
  ['the person is disabled', 'both', ({ id }) => test.call('PATCH', `/api/users/${id}`, { disabled: true })],
  ['the token is revoked', 'gateway', (who) => who.call('DELETE', `/api/account/tokens/${who.tokenId}`)],
  ['the session ends', 'live', (who) => who.call('DELETE', '/api/session')],
]

it.each(changes)(
  'with failing listeners before it: %s, and what is open ends (%s)',
  async (what, ends, change) => {
    const who = await somebody(what.replaceAll(' ', '-'))
    const answer = await change(who)
    expect(answer.status).toBeLessThan(300)
    if (ends !== 'live') expect(await inTime(who.stream)).not.toBe('late')
    if (ends !== 'gateway')
      for (const closed of who.sockets)
        expect([closeCodes.rightsChanged, closeCodes.signedOut]).toContain(await inTime(closed))
  },
)

it.each([
  [
    'the host has other tags',
    'host_not_found',
    () => test.call('PATCH', `/api/hosts/${hostId}`, { tags: ['b'] }),
  ],
  [
    'the container has another name',
    'container_not_found',
    async () => {
      rename('another')
      return test.call('GET', '/api/hosts')
    },
  ],
] as const)(
  'with failing listeners before it: %s, and of what a page follows that alone ends (%s)',
  async (what, code, change) => {
    const who = await somebody(`page-${what.replaceAll(' ', '-')}`)
    const role = await makeRole(test, `figures of ${what}`, ['containers.view', 'containers.stats'])
    const containers = { kind: 'name', pattern: 'safe' } as const
    await give(test, who, { effect: 'allow', role, hosts: { kind: 'tag', tag: 'a' }, containers })
    const page = await openLive(test, who.cookie)
    const container = page.follow('container-stats', { hostId, id: containerId })
    const [fleet, figures, tasks] = [page.follow('fleet'), page.follow('stats'), page.follow('tasks')]
    const all = [container, fleet, figures, tasks]
    await expect.poll(() => all.map(({ frames }) => frames().length > 0)).toEqual([true, true, true, true])
    const began = performance.now()
    expect((await change()).status).toBe(200)
    await expect.poll(page.refusals).toEqual([`ended ${container.id} ${code}`])
    // What is no longer in sight has left the page, which goes on.
    await expect
      .poll(() => JSON.stringify(fleet.frames().at(-1)))
      .toMatch(code === 'host_not_found' ? /"containers":\[\]/ : /"removed"/)
    expect(performance.now() - began).toBeLessThan(promisedMs)
    expect(page.socket.readyState).toBe(page.socket.OPEN)
    // It is theirs again: the page is told to ask for what it was refused.
    const refused = page.follow('container-stats', { hostId, id: containerId })
    await expect.poll(page.refusals).toHaveLength(2)
    await test.call('PATCH', `/api/hosts/${hostId}`, { tags: ['a'] })
    rename('safe')
    await expect.poll(() => page.frames.some(({ type }) => type === 'rights')).toBe(true)
    refused.leave()
    const again = page.follow('container-stats', { hostId, id: containerId })
    await expect.poll(() => again.frames()[0]).toMatchObject({ type: 'history' })
    page.socket.terminate()
  },
)

it('with failing listeners before it: a host that is added and a container that is renamed are told', async () => {
  const who = await join(test, 'onlooker', 'viewer')
  const { texts, socket } = await who.socket('/api/live', following('fleet'))
  await expect.poll(() => texts.join('')).toContain('snapshot')
  rename('renamed-now')
  await expect.poll(() => texts.join('')).toContain('renamed-now')
  const transport = { kind: 'tcp', host: '127.0.0.1', port: engine.port }
  const added = await test.call('POST', '/api/hosts', { name: 'added-now', transport })
  expect(added.status).toBe(200)
  await expect.poll(() => texts.join('')).toContain('added-now')
  socket.close()
})

it.each(['hostId=x&containerId=y', '', `hostId=h&containerId=${'a'.repeat(64)}%00`])(
  'a terminal is refused at its upgrade where its address names none: %j',
  async (query) => {
    const opened = new WebSocket(`${test.origin.replace('http', 'ws')}/api/terminal?${query}`, {
      headers: { cookie: test.cookie, origin: test.origin },
    })
    const status = await new Promise((resolve) => {
      opened.on('unexpected-response', (_request, response) => resolve(response.statusCode))
      opened.on('open', () => resolve('open'))
    })
    expect(status).toBe(400)
  },
)
