import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { closeCodes } from '#lib/close-codes.ts'
import type { Session } from '#lib/contracts/account.ts'
import type { AuditPage } from '#lib/contracts/audit.ts'
import type { Container } from '#lib/contracts/containers.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import type { People } from '#lib/contracts/users.ts'
import { AppError } from '../errors.ts'
import { type AppUnderTest, administrator, cookieOf, startApp } from '../testing/app-under-test.ts'
import { give, join, makeRole, type Somebody } from '../testing/people.ts'

const all = { kind: 'all' } as const
const team = { kind: 'label', key: 'team', value: 'shop' } as const
const shown = 'a'.repeat(64)
const hidden = 'b'.repeat(64)
let test: AppUnderTest
let host: Host
let vera: Somebody
beforeAll(async () => {
  test = await startApp()
  await test.setUp()
  const transport = { kind: 'tcp', host: '127.0.0.1', port: 1 }
  host = (await test.call('POST', '/api/hosts', { name: 'one', tags: [], transport })).json
  const put = (id: string, name: string, labels: Record<string, string>) =>
    test.app.live.fleet.put('containers', {
      hostId: host.id,
      id,
      name,
      labels,
      image: 'a',
      state: 'running',
      networks: [],
      ports: [],
    } as unknown as Container)
  put(shown, 'web-1', { team: 'shop' })
  put(hidden, 'hidden', {})
  vera = await join(test, 'vera', null)
  const everything = await makeRole(test, 'Everything')
  await give(test, vera, { effect: 'allow', role: everything, hosts: all, containers: team })
})
afterAll(() => test.close())

const codeOf = (answer: { json: unknown }) =>
  (answer.json as { error?: { code: string } } | undefined)?.error?.code ?? null
const containers = async () =>
  ((await test.call('GET', '/api/containers')).json as { items: Container[] }).items.map(({ id }) => id)

describe('a preview', () => {
  it('shows what the other sees, and nothing can be changed, opened, revealed or downloaded', async () => {
    const before = (await vera.call('GET', '/api/session')).json as Session
    const { user } = (await test.call('GET', '/api/session')).json as Session
    const live = new WebSocket(`${test.origin.replace('http', 'ws')}/api/live`, {
      headers: { cookie: test.cookie, origin: test.origin },
    })
    await new Promise((resolve) => live.once('open', resolve))
    const closed = new Promise((resolve) => live.once('close', resolve))
    const begun = await test.call('POST', '/api/preview', { userId: vera.id })
    expect(begun.status).toBe(200)
    expect(await closed).toBe(closeCodes.rightsChanged)
    expect((await test.call('GET', '/api/session')).json).toEqual({
      user,
      permissions: before.permissions,
      rights: before.rights,
      preview: { id: vera.id, name: 'vera', email: 'vera@example.com' },
      secondFactorNeeded: false,
    })
    expect(await containers()).toEqual([shown])
    const one = `/api/hosts/${host.id}/containers/${hidden}`
    expect(codeOf(await test.call('GET', one))).toBe('container_not_found')

    // Every route, so that a new one is looked at too.
    const kept = new Set(['DELETE /api/session', 'DELETE /api/preview'])
    let checked = 0
    for (const route of test.app.routes) {
      const name = `${route.method} ${route.path}`
      const isSafe = route.method === 'GET' || route.method === 'HEAD' || route.asksOnly
      if (route.access === 'anonymous' || kept.has(name) || (isSafe && route.response)) continue
      const path = route.path
        .replace(':hostId', host.id)
        .replace(':containerId', shown)
        .replaceAll(/:\w+/g, 'x')
      const answer = await test.call(route.method, path, isSafe ? undefined : {})
      expect(answer.status, name).toBe(403)
      if (route.method !== 'HEAD') expect(codeOf(answer), name).toBe('preview_read_only')
      checked++
    }
    expect(checked).toBeGreaterThan(60)
    for (const query of [`containers/${shown}?reveal=true`, `containers/${shown}/processes?args=axe`])
      expect(codeOf(await test.call('GET', `/api/hosts/${host.id}/${query}`))).toBe('preview_read_only')
    const refused = await new Promise((resolve) => {
      const query = `hostId=${host.id}&containerId=${shown}`
      const terminal = new WebSocket(`${test.origin.replace('http', 'ws')}/api/terminal?${query}`, {
        headers: { cookie: test.cookie, origin: test.origin },
      })
      terminal.on('unexpected-response', (_request, response) => resolve(response.statusCode))
      terminal.on('open', () => resolve(101))
      terminal.on('error', () => {})
    })
    expect(refused).toBe(403)

    const left = await test.call('DELETE', '/api/preview')
    expect(left.json).toMatchObject({ user, preview: null })
    expect((left.json as Session).permissions).toContain('users.edit')
    expect((await containers()).length).toBe(2)
    const page = (await test.call('GET', '/api/audit')).json as AuditPage
    const told = page.items.filter(({ action }) => action.startsWith('users.preview'))
    expect(told.map(({ action, actorEmail }) => [action, actorEmail])).toEqual([
      ['users.previewEnded', administrator.email],
      ['users.preview', administrator.email],
    ])
  })

  it('is for administrators, of others than those, and ends with the session or the account', async () => {
    expect(codeOf(await vera.call('POST', '/api/preview', { userId: vera.id }))).toBe('denied')
    const { users } = (await test.call('GET', '/api/users')).json as People
    const self = users.find((user) => user.self)?.id
    expect(codeOf(await test.call('POST', '/api/preview', { userId: self }))).toBe('preview_refused')
    expect(codeOf(await test.call('POST', '/api/preview', { userId: 'nobody' }))).toBe('user_not_found')

    const second = await test.call('POST', '/api/session', administrator, { cookie: '' })
    const cookie = cookieOf(second.headers)
    const gus = await join(test, 'gus', 'viewer')
    expect((await test.call('POST', '/api/preview', { userId: gus.id }, { cookie })).status).toBe(200)
    // The other session of the same administrator is as it was.
    expect((await test.call('GET', '/api/session')).json).toMatchObject({ preview: null })
    await test.call('DELETE', `/api/users/${gus.id}`)
    const after = (await test.call('GET', '/api/session', undefined, { cookie })).json as Session
    expect(after).toMatchObject({ preview: null })
    expect(after.permissions).toContain('users.edit')
  })
})

describe('names and labels that decide', () => {
  it('are not for a rename to change what one may: neither out of a grant nor into one', async () => {
    const nick = await join(test, 'nick', null)
    const role = await makeRole(test, 'Renamers', ['containers.rename', 'containers.stop'])
    const exec = await makeRole(test, 'Typists', ['containers.exec'])
    await give(test, nick, {
      effect: 'allow',
      role,
      hosts: all,
      containers: { kind: 'name', pattern: 'web-*' },
    })
    await give(test, nick, {
      effect: 'allow',
      role: exec,
      hosts: all,
      containers: { kind: 'name', pattern: '*-dev' },
    })
    const rename = async (name: string) =>
      codeOf(await nick.call('POST', `/api/hosts/${host.id}/containers/${shown}/rename`, { name }))
    expect(await rename('other')).toBe('access_would_change')
    expect(await rename('web-dev')).toBe('access_would_change')
    expect(await rename('web-2')).toMatch(/^host_|refused/)
  })

  it('are not for a create to give its maker more than they have', async () => {
    const cora = await join(test, 'cora', null)
    const make = await makeRole(test, 'Makers', ['containers.create', 'images.view'])
    const exec = await makeRole(test, 'Shell', ['containers.exec'])
    await give(test, cora, { effect: 'allow', role: make, hosts: all, containers: all })
    await give(test, cora, { effect: 'allow', role: exec, hosts: all, containers: team })
    const create = async (spec: object) =>
      codeOf(
        await cora.call('POST', '/api/containers', { spec: { image: 'a:1', ...spec }, hostIds: [host.id] }),
      )
    expect(await create({ labels: [{ name: 'team', value: 'shop' }] })).toBe('access_would_change')
    expect(await create({ labels: [{ name: 'team', value: 'other' }] })).toBeNull()
  })

  it('of what is hidden are taken out of the engine’s own words', async () => {
    const access = { userId: vera.id, sessionId: 's', name: '', email: '', role: null }
    const { redactError } = test.app.access
    const told = (detail: string, said = '') =>
      redactError(access, new AppError('conflict', { detail }), said).context.detail
    expect(told(`name is in use by container "${hidden}"`)).toBe('name is in use by container "?"')
    expect(told(`container ${hidden.slice(0, 12)} uses it.`)).toBe('container ? uses it.')
    expect(told('container hidden: busy')).toBe('container ?: busy')
    expect(told('container hidden. Remove it')).toBe('container ?. Remove it')
    expect(told('Cannot link to /hidden, nor to a container: /hidden AS /shown/a')).toBe(
      'Cannot link to /?, nor to a container: /? AS /shown/a',
    )
    expect(told('has active endpoints (name:"hidden" id:"0123456789ab")')).toBe(
      'has active endpoints (name:"?" id:"?")',
    )
    for (const kept of [
      `container ${shown} is busy`,
      'the container is running',
      `manifest sha256:${hidden}`,
    ])
      expect(told(kept)).toBe(kept)
  })

  it('are taken out alike where nothing has them, so that nobody feels what is hidden by its name', async () => {
    const access = { userId: vera.id, sessionId: 's', name: '', email: '', role: null }
    const { redactError } = test.app.access
    const told = (detail: string, said = '') =>
      redactError(access, new AppError('conflict', { detail }), said).context.detail
    // An engine repeats what a command, a label or a registry says.
    for (const text of [
      'exec: "NAME": not found',
      'container "NAME": not found',
      'denied for container NAME',
    ]) {
      const of = (name: string) => told(text.replace('NAME', name))?.replace(name, 'NAME')
      expect(of('hidden')).toBe(of('absent'))
    }
    expect(told('No such container: hidden', 'GET /x/hidden')).toBe('No such container: hidden')
    expect(told('No such container: absent', 'GET /x/absent')).toBe('No such container: absent')
  })

  it('are whole for who sees all', async () => {
    const access = { userId: vera.id, sessionId: 's', name: '', email: '', role: null }
    const { redactError } = test.app.access
    const ada = { ...access, role: 'administrator' as const }
    expect(redactError(ada, new AppError('conflict', { detail: hidden }), '').context.detail).toBe(hidden)
  })
})
