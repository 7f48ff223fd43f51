import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { z } from 'zod'
import type { MadeToken } from '#lib/contracts/account.ts'
import type { AuditEntry, AuditPage, AuditRecord } from '#lib/contracts/audit.ts'
import type { Container } from '#lib/contracts/containers.ts'
import type { DiscoveredEngine, Host } from '#lib/contracts/hosts.ts'
import type { Task } from '#lib/contracts/tasks.ts'
import { type AppUnderTest, administrator, startApp } from '../testing/app-under-test.ts'
import { type SmallEngine, startSmallEngine } from '../testing/small-engine.ts'
import { type AnyRoute, defineRoute } from './define-route.ts'
import { eventOf } from './recorded.ts'

const open: (() => Promise<unknown>)[] = []
afterEach(async () => {
  vi.unstubAllEnvs()
  for (const close of open.splice(0).toReversed()) await close()
})

async function started(environment: Record<string, string> = {}): Promise<AppUnderTest> {
  const test = await startApp(environment)
  open.push(() => test.close())
  await test.setUp()
  return test
}

const containerId = 'a'.repeat(64)
/** With an engine that answers, and one container put as the live state puts it. */
async function withContainer(): Promise<{
  test: AppUnderTest
  engine: SmallEngine
  path: string
  hostId: string
  put(): void
}> {
  const engine = await startSmallEngine()
  open.push(() => engine.close())
  const test = await started()
  const transport = { kind: 'tcp', host: '127.0.0.1', port: engine.port }
  const { id: hostId } = (await test.call('POST', '/api/hosts', { name: 'one', transport })).json as Host
  const state = async () => ((await test.call('GET', `/api/hosts/${hostId}`)).json as Host).state
  await expect.poll(state).toBe('online')
  // Its own list would take away what is put below.
  await expect.poll(() => test.app.hosts.registry.list()[0]?.syncedAt ?? null).not.toBeNull()
  const container = { hostId, id: containerId, name: 'web-1', state: 'running', labels: {} }
  const put = () => test.app.live.fleet.put('containers', container as unknown as Container)
  put()
  return { test, engine, hostId, put, path: `/api/hosts/${hostId}/containers/${containerId}` }
}

async function records(test: AppUnderTest, query: Record<string, string> = {}): Promise<AuditRecord[]> {
  const { items } = await test.app.audit.search.page(query, undefined, 1000)
  return items
}
const setRole = (test: AppUnderTest, role: string) => test.app.db.updateTable('user').set({ role }).execute()
const isChanging = (route: AnyRoute) => !['GET', 'HEAD'].includes(route.method) && !route.asksOnly
const filled = ({ path }: AnyRoute) =>
  path
    .replace(':hostId', 'h000000000000')
    .replace(':containerId', containerId)
    .replace(':imageId', `sha256:${containerId}`)
    .replace(':key', '0'.repeat(16))
    .replaceAll(/:(archiveId|registryId|tokenId)/g, (_, name) => `${name[0]}000000000000`)
    .replaceAll(/:(\w+)/g, () => crypto.randomUUID())

describe('every changing route', () => {
  it('leaves an intent and an outcome, also when it comes to nothing', async () => {
    const test = await started()
    const all = test.app.routes.filter(
      (route) => isChanging(route) && route.access !== 'anonymous' && route.event !== null,
    )
    expect(all.length).toBeGreaterThan(40)
    const wrong: string[] = []
    // Signing out ends what the others need.
    const last = all.toSorted(
      (a, b) => Number(a.event === 'account.signOut') - Number(b.event === 'account.signOut'),
    )
    for (const route of last) {
      const answer = await test.call(route.method, filled(route), {})
      const requestId = answer.headers.get('x-request-id') ?? ''
      const [record, ...more] = await records(test, { text: requestId })
      const isWhole =
        record?.kind === 'intent' && record.result && record.decision === 'allowed' && more.length === 0
      const expected = answer.status < 400 ? 'succeeded' : 'failed'
      if (!isWhole || record?.result?.outcome !== expected || record.action !== eventOf(route))
        wrong.push(`${route.method} ${route.path}: ${answer.status} ${JSON.stringify([record, ...more])}`)
    }
    expect(wrong).toEqual([])
    expect(await test.app.audit.verify()).toMatchObject({ broken: null })
  })

  it('that is refused leaves a denial', async () => {
    const test = await started()
    await setRole(test, 'viewer')
    const wrong: string[] = []
    const refusing = test.app.routes.filter(
      ({ access }) => access !== 'anonymous' && access !== 'session' && !access.endsWith('.view'),
    )
    for (const route of [...refusing, ...test.app.routes.filter(({ access }) => access === 'audit.view')]) {
      const answer = await test.call(
        route.method,
        filled(route),
        route.method === 'GET' || route.method === 'HEAD' ? undefined : {},
      )
      const found = await records(test, { text: answer.headers.get('x-request-id') ?? '' })
      const [record] = found
      if (
        answer.status !== 403 ||
        found.length !== 1 ||
        record?.decision !== 'denied' ||
        record.action !== route.access
      )
        wrong.push(`${route.method} ${route.path}: ${answer.status} ${JSON.stringify(found)}`)
    }
    expect(wrong).toEqual([])
    expect(refusing.length).toBeGreaterThan(40)
  })

  it('does not start without a name for the log', () => {
    const route = defineRoute({
      method: 'POST',
      path: '/api/x',
      access: 'session',
      summary: 'x',
      handler: async () => {},
    })
    expect(() => eventOf(route)).toThrow('has no event')
    expect(eventOf({ ...route, access: 'images.tag' })).toBe('images.tag')
  })
})

it('what a route says of itself that it tells is told of it, and nothing else that it is given', async () => {
  const test = await started()
  const { status } = await test.call('PATCH', '/api/sign-in', { secondFactorRequired: false })
  expect(status).toBeLessThan(300)
  const [record] = await records(test)
  expect(record?.summary).toBe('secondFactorRequired false')
  // Of a field that only another route tells: refused, and not repeated.
  await test.call('POST', '/api/hosts', { secondFactorRequired: true, name: 'one' })
  const [other] = await records(test)
  expect(other?.summary).toBe('name one')
})

describe('recorded with its actor', () => {
  it('sign-ins, those that fail, and what people do to their own account, without a password', async () => {
    const test = await started({ ROADSTEAD_TRUSTED_PROXIES: '127.0.0.1,::1' })
    const { email, password } = administrator
    const forwarded = { 'x-forwarded-for': '203.0.113.9' }
    await test.call('POST', '/api/session', { email, password: 'a wrong guess' }, forwarded)
    await test.call('POST', '/api/session', { email: 'typed my password here', password }, forwarded)
    const other = await test.call('POST', '/api/session', { email, password }, forwarded)
    expect(other.status).toBe(200)
    const sessions = (await test.call('GET', '/api/account/sessions')).json as {
      id: string
      current: boolean
    }[]
    const ended = sessions.find(({ current }) => !current)?.id
    await test.call('DELETE', `/api/account/sessions/${ended}`)
    const input = { name: 'for scripts', permissions: ['hosts.edit', 'hosts.view'], hours: 1 }
    const token = (await test.call('POST', '/api/account/tokens', input)).json as MadeToken
    const bearer = { authorization: `Bearer ${token.token}`, cookie: '' }
    await test.call(
      'POST',
      '/api/hosts',
      { name: 'one', transport: { kind: 'tcp', host: '127.0.0.1', port: 1 } },
      bearer,
    )
    await test.call('GET', '/api/account/tokens', undefined, bearer)
    await test.call('DELETE', `/api/account/tokens/${token.id}`)
    const next = { currentPassword: password, newPassword: 'another good password' }
    await test.call('POST', '/api/account/password', next)
    await test.call('DELETE', '/api/session')
    await test.call('GET', '/api/hosts')

    const found = (await records(test)).toReversed()
    const told = found.map(({ action, decision, outcome, result, signIn, address }) =>
      [action, decision, result?.outcome ?? outcome, signIn, address].join(' '),
    )
    const here = found[1]?.address
    expect(told).toEqual([
      'server.started allowed succeeded  ',
      `account.setUp allowed succeeded session ${here}`,
      'account.signIn denied failed  203.0.113.9',
      'account.signIn denied failed  203.0.113.9',
      'account.signIn allowed succeeded session 203.0.113.9',
      `account.sessionEnded allowed succeeded session ${here}`,
      `account.tokenMade allowed succeeded session ${here}`,
      `hosts.edit allowed succeeded token ${here}`,
      `session denied failed token ${here}`,
      `account.tokenEnded allowed succeeded session ${here}`,
      `account.password allowed succeeded session ${here}`,
      `account.signOut allowed succeeded session ${here}`,
      `request.refused denied failed  ${here}`,
    ])
    expect(found[2]).toMatchObject({ errorCode: 'bad_credentials', summary: expect.stringContaining(email) })
    expect(found[4]).toMatchObject({ actorEmail: email, actorName: 'Ada', signInId: ended })
    expect(found[5]).toMatchObject({ objectId: ended })
    expect(found[6]?.result).toMatchObject({
      objectId: token.id,
      summary: 'name for scripts, permissions hosts.edit, hosts.view',
    })
    expect(found[7]).toMatchObject({ signInId: token.id, summary: expect.stringContaining('name one') })
    const text = JSON.stringify(found)
    for (const secret of [password, 'a wrong guess', 'typed my password', next.newPassword, token.token])
      expect(text).not.toContain(secret)
  })

  it('an action on a container with its full id and name, before the engine is asked', async () => {
    const { test, engine, path, hostId } = await withContainer()
    engine.behaviour = 'hang'
    const asked = engine.asked.length
    const stopping = test.call('POST', `${path}/stop`, {})
    await expect.poll(() => engine.asked.slice(asked).some((line) => line.includes('/stop'))).toBe(true)
    const [intent] = await records(test, { action: 'containers.stop' })
    expect(intent).toMatchObject({
      kind: 'intent',
      hostId,
      objectId: containerId,
      summary: 'web-1',
      result: null,
      actorEmail: administrator.email,
      signIn: 'session',
    })
    expect(intent?.signInId).toBeTruthy()
    engine.behaviour = 'answer'
    await engine.close()
    await engine.listen()
    expect((await stopping).status).toBeGreaterThanOrEqual(400)
    const [record] = await records(test, { action: 'containers.stop' })
    // It was asked and did not answer: whether it stopped is not known.
    expect(record?.result).toMatchObject({ outcome: 'unknown', errorCode: 'connection_reset' })
  })

  it('what was made by the name that only the end could tell', async () => {
    const engine = await startSmallEngine()
    open.push(() => engine.close())
    vi.stubEnv('DOCKER_HOST', `tcp://127.0.0.1:${engine.port}`)
    const test = await started()
    const found = (await test.call('GET', '/api/hosts/discovered')).json as DiscoveredEngine[]
    const { key } = found.find(({ source }) => source === 'DOCKER_HOST') as DiscoveredEngine
    const { id, name } = (await test.call('POST', `/api/hosts/discovered/${key}`, {})).json as Host
    const [record] = await records(test, { action: 'hosts.edit' })
    expect(record?.summary).toBe('Register an engine that was found')
    expect(record?.result).toMatchObject({ objectId: id, summary: name })
  })

  it('what is read that is secret: environment values, files, exports; and not what anybody sees', async () => {
    const { test, path } = await withContainer()
    const before = (await records(test)).length
    for (const plain of ['', '/processes', '/changes', '?reveal=false']) await test.call('GET', path + plain)
    await test.call('GET', `/api/logs/download?containers=h000000000000/${containerId}`).catch(() => {})
    expect(await records(test)).toHaveLength(before)
    for (const secret of [
      '?reveal=true',
      '/spec',
      '/processes?args=auxe',
      '/files?path=/etc',
      '/files/content?path=/etc/shadow',
      '/export',
    ])
      await test.call('GET', path + secret).catch(() => {})
    const told = (await records(test)).slice(0, 6).toReversed()
    expect(told.map(({ action }) => action)).toEqual([
      'containers.reveal',
      'containers.reveal',
      'containers.reveal',
      'containers.files.read',
      'containers.files.read',
      'containers.export',
    ])
    expect(told[4]).toMatchObject({ objectId: containerId, summary: 'web-1, path /etc/shadow' })
    for (const record of told) expect(record.result).not.toBeNull()
  })

  it('each step of a task, with the task that its request began; and never a password or a value', async () => {
    const { test, hostId } = await withContainer()
    const refs = [{ hostId, containerId }]
    const started = await test.call('POST', '/api/bulk', { action: 'stop', containers: refs, options: {} })
    const task = started.json as Task
    await expect
      .poll(async () => ((await test.call('GET', `/api/tasks/${task.id}`)).json as Task).state)
      .toBe('failed')
    const [step, request] = await records(test, { text: task.id })
    expect(request).toMatchObject({
      action: 'containers.bulk',
      result: { taskId: task.id, outcome: 'succeeded' },
    })
    expect(step).toMatchObject({
      action: 'containers.stop',
      taskId: task.id,
      hostId,
      objectId: containerId,
      summary: 'stop web-1',
      requestId: request?.requestId,
      actorEmail: administrator.email,
      result: { outcome: 'failed', errorCode: 'container_not_found' },
    })
    const secret = 'S3cr3tValue'
    const spec = {
      image: 'busybox:1',
      name: 'x',
      environment: { PASSWORD: secret },
      env: [`PASSWORD=${secret}`],
    }
    await test.call('POST', '/api/containers', { hosts: [hostId], hostIds: [hostId], spec })
    const account = { address: 'registry.example', scheme: 'https', username: 'u', password: secret }
    await test.call('POST', '/api/registries', account)
    const everything = JSON.stringify(await records(test))
    expect(everything).toContain('address registry.example')
    expect(everything).not.toContain(secret)
  })

  it('upgrades that are refused, and foreign pages', async () => {
    const test = await started()
    await setRole(test, 'viewer')
    const upgrade = (path: string, headers: Record<string, string>) =>
      new Promise((resolve) => {
        const socket = new WebSocket(test.origin.replace('http', 'ws') + path, { headers })
        socket.on('error', resolve)
        socket.on('open', resolve)
      })
    await upgrade('/api/logs', { cookie: test.cookie, origin: test.origin })
    await upgrade('/api/logs', { cookie: test.cookie, origin: 'https://evil.example' })
    await upgrade('/api/logs', { origin: test.origin })
    await test.call('POST', '/api/hosts', {}, { origin: 'https://evil.example' })
    const told = (await records(test)).slice(0, 4).toReversed()
    expect(told.map(({ action, errorCode, actorName }) => [action, errorCode, actorName])).toEqual([
      ['containers.logs', 'denied', 'Ada'],
      ['request.refused', 'wrong_origin', null],
      ['request.refused', 'signed_out', null],
      ['request.refused', 'wrong_origin', null],
    ])
  })
})

it('while the log cannot be written, reads go on and no change reaches the engine; with room again it all goes on', async () => {
  const { test, engine, path, hostId, put } = await withContainer()
  // Of a disk that is truly full see server/audit/full-disk.test.ts.
  const raw = new DatabaseSync(join(test.dataFolder, 'roadstead.db'))
  raw.exec("create trigger full before insert on audit begin select raise(abort, 'no room'); end")
  const change = () => test.call('POST', `${path}/stop`, {})
  expect((await change()).status).toBe(503)
  // Those that were written found no such container at the engine, and what was put went with its list.
  put()
  const asked = engine.asked.length
  const refused = await change()
  expect(refused.json).toMatchObject({ error: { code: 'audit_unavailable' } })
  const task = (await test.app.tasks.start(
    { userId: 'x', sessionId: 's', name: 'X', email: 'x@example.com', role: 'administrator' },
    'containers.action',
    { action: 'stop', containers: [{ hostId, containerId }], options: {} },
    { width: 1, stopOnFailure: false },
  )) as Task
  await expect.poll(() => task.steps[0]?.error?.code).toBe('audit_unavailable')
  expect(engine.asked.slice(asked).filter((line) => !line.startsWith('GET'))).toEqual([])
  for (const read of ['/api/containers', '/api/hosts', '/api/audit', '/api/session'])
    expect((await test.call('GET', read)).status).toBe(200)
  // A secret is not given out unrecorded either.
  expect((await test.call('GET', `${path}?reveal=true`)).status).toBe(503)
  raw.exec('drop trigger full')
  raw.close()
  put()
  expect((await change()).status).toBe(404)
  expect(engine.asked.slice(asked).some((line) => line.includes('/stop'))).toBe(true)
  expect((await test.call('POST', '/api/audit/verify')).json).toMatchObject({ broken: null })
})

it('is read page by page, exported as lines that hold the chain, and verified', async () => {
  const test = await started()
  for (let index = 0; index < 5; index++) await test.call('POST', '/api/updates/check')
  const page = (await test.call('GET', '/api/audit?limit=3&action=updates.')).json as AuditPage
  expect(page.items).toHaveLength(3)
  const rest = (await test.call('GET', `/api/audit?limit=3&action=updates.&before=${page.next}`))
    .json as AuditPage
  expect([rest.items.length, rest.next]).toEqual([2, null])
  const answer = await fetch(`${test.origin}/api/audit/export`, { headers: { cookie: test.cookie } })
  const lines = (await answer.text())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as AuditEntry)
  expect(lines.map(({ sequence }) => sequence)).toEqual(lines.map((_, index) => index + 1))
  expect(lines.slice(1).every(({ previousHash }, index) => previousHash === lines[index]?.hash)).toBe(true)
  expect((await test.call('GET', '/api/audit?from=yesterday')).status).toBe(400)
  const verified = (await test.call('POST', '/api/audit/verify')).json
  expect(verified).toEqual({
    entries: lines.length,
    broken: null,
    head: z.any().parse({ sequence: lines.length, hash: lines.at(-1)?.hash }),
  })
})
