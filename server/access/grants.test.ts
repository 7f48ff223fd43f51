import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CustomRole, Explanation, Grant, NewGrant } from '#lib/contracts/access.ts'
import type { Session } from '#lib/contracts/account.ts'
import type { AuditPage } from '#lib/contracts/audit.ts'
import type { Container } from '#lib/contracts/containers.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import type { MadeLink, People } from '#lib/contracts/users.ts'
import type { Role } from '#lib/permissions.ts'
import { createLog } from '../log.ts'
import { type AppUnderTest, cookieOf, startApp } from '../testing/app-under-test.ts'

let test: AppUnderTest
let host: Host
const shop = 'a'.repeat(64)
const secret = 'b'.repeat(64)
beforeAll(async () => {
  test = await startApp()
  await test.setUp()
  const transport = { kind: 'tcp', host: '127.0.0.1', port: 1 }
  host = (await test.call('POST', '/api/hosts', { name: 'one', tags: ['prod'], transport })).json
  const put = (id: string, name: string, labels: Record<string, string>) =>
    test.app.live.fleet.put('containers', { hostId: host.id, id, name, labels } as unknown as Container)
  put(shop, 'shop', { team: 'shop' })
  put(secret, 'secret', {})
})
afterAll(() => test.close())

const all = { kind: 'all' } as const
const ofShop = { kind: 'label', key: 'team', value: 'shop' } as const
const codeOf = (answer: { json: unknown }) =>
  (answer.json as { error?: { code: string } } | undefined)?.error?.code ?? null
const as = (cookie: string, method: string, path: string, body?: unknown) =>
  test.call(method, path, body, { cookie })
const people = async () => (await test.call('GET', '/api/users')).json as People

async function join(email: string, role: Role | null) {
  const made = await test.call('POST', '/api/invitations', { name: email.split('@')[0], email, role })
  const token = new URL((made.json as MadeLink).url).hash.slice(1)
  const input = { token, password: 'a long enough password' }
  const joined = await as('', 'POST', '/api/join', input)
  const id = (await people()).users.find((user) => user.email === email)?.id ?? ''
  return { id, cookie: cookieOf(joined.headers) }
}
const give = async (userId: string, grant: NewGrant) => {
  const answer = await test.call('POST', `/api/users/${userId}/grants`, grant)
  expect(answer.status).toBe(200)
  return answer.json as Grant
}
const container = (id: string) => `/api/hosts/${host.id}/containers/${id}`

describe('grants', () => {
  it('are by no label whose value is hidden', async () => {
    const { id } = await join('nora@example.com', 'viewer')
    const add = (key: string, value: string | null) =>
      test.call('POST', `/api/users/${id}/grants`, {
        effect: 'deny',
        role: 'viewer',
        hosts: all,
        containers: { kind: 'label', key, value },
      })
    expect(codeOf(await add('team.token', 'red'))).toBe('grant_label_hidden')
    expect(codeOf(await add('team', 'password=x'))).toBe('grant_label_hidden')
    expect((await add('team.token', null)).status).toBe(200)
    expect((await add('team', 'red')).status).toBe(200)
  })

  it('give somebody without a role a part, end with it, and are recorded', async () => {
    const vera = await join('vera@example.com', null)
    const session = async () => (await as(vera.cookie, 'GET', '/api/session')).json as Session
    expect(await session()).toMatchObject({ user: { role: null }, permissions: [] })
    expect(codeOf(await as(vera.cookie, 'GET', '/api/containers'))).toBe('denied')
    const grant = await give(vera.id, { effect: 'allow', role: 'operator', hosts: all, containers: ofShop })
    expect((await people()).users.find(({ id }) => id === vera.id)).toMatchObject({
      role: null,
      grants: [grant],
    })
    expect((await session()).permissions).toContain('containers.start')
    expect((await session()).permissions).not.toContain('images.pull')
    // Seen, and its host does not answer.
    expect(codeOf(await as(vera.cookie, 'POST', `${container(shop)}/start`, {}))).toMatch(/^host_|refused/)
    expect(codeOf(await as(vera.cookie, 'POST', `${container(shop)}/kill`, {}))).toMatch(/^host_|refused/)
    expect(codeOf(await as(vera.cookie, 'POST', `${container(shop)}/rename`, { name: 'other' }))).toBe(
      'denied',
    )
    expect(codeOf(await as(vera.cookie, 'POST', `${container(secret)}/start`, {}))).toBe(
      'container_not_found',
    )
    expect((await test.call('DELETE', `/api/users/${vera.id}/grants/${grant.id}`)).status).toBe(204)
    expect(codeOf(await as(vera.cookie, 'POST', `${container(shop)}/start`, {}))).toBe('denied')
    expect((await session()).permissions).toEqual([])
    const { items: entries } = (await test.call('GET', '/api/audit?action=users.edit')).json as AuditPage
    expect(entries.map(({ summary }) => summary).join('\n')).toContain(
      'role operator, effect allow, hosts all, containers label team shop',
    )
    // Without a role of their own again, and not signed out by a grant.
    const patch = async (role: Role | null) =>
      (await test.call('PATCH', `/api/users/${vera.id}`, { role })).status
    expect([await patch('viewer'), await patch(null)]).toEqual([204, 204])
    expect((await people()).users.find(({ id }) => id === vera.id)?.role).toBeNull()
    const denials = (await test.call('GET', '/api/audit?action=containers.start')).json as AuditPage
    expect(denials.items.find(({ objectId }) => objectId === secret)).toMatchObject({ decision: 'denied' })
  })

  it('are refused for administrators, unknown hosts, roles and people', async () => {
    const given = { effect: 'allow', role: 'viewer', hosts: all, containers: all }
    const [ada] = (await people()).users.filter(({ self }) => self)
    const path = `/api/users/${ada?.id}/grants`
    expect(codeOf(await test.call('POST', path, given))).toBe('grant_for_administrator')
    const max = await join('max@example.com', 'viewer')
    const post = (change: object) => test.call('POST', `/api/users/${max.id}/grants`, { ...given, ...change })
    expect(codeOf(await post({ hosts: { kind: 'host', hostId: 'h000000000000' } }))).toBe('host_not_found')
    expect(codeOf(await post({ role: 'r000000000000' }))).toBe('role_not_found')
    expect(codeOf(await post({ role: 'administrator' }))).toBe('invalid_input')
    expect(codeOf(await test.call('POST', '/api/users/nobody/grants', given))).toBe('user_not_found')
    expect(codeOf(await test.call('DELETE', `/api/users/${max.id}/grants/g000000000000`))).toBe(
      'grant_not_found',
    )
    expect(codeOf(await as(max.cookie, 'POST', `/api/users/${max.id}/grants`, given))).toBe('denied')
  })

  it('explain what they come to', async () => {
    const eve = await join('eve@example.com', 'viewer')
    const deny = await give(eve.id, { effect: 'deny', role: 'viewer', hosts: all, containers: ofShop })
    const hosts = { kind: 'tag', tag: 'prod' } as const
    const allow = await give(eve.id, { effect: 'allow', role: 'operator', hosts, containers: all })
    const explain = async (query: string) =>
      (await test.call('GET', `/api/users/${eve.id}/access?hostId=${host.id}${query}`)).json as Explanation
    const of = ({ permissions }: Explanation, name: string) =>
      permissions.find(({ permission }) => permission === name)
    expect((await explain('')).visible).toBe(true)
    const hidden = await explain(`&containerId=${shop}`)
    expect(hidden.visible).toBe(false)
    expect(of(hidden, 'containers.view')).toMatchObject({ allowed: false, by: [deny.id] })
    const seen = await explain(`&containerId=${secret}`)
    expect(of(seen, 'containers.view')).toMatchObject({ allowed: true, by: ['role', allow.id] })
    expect(of(seen, 'containers.start')).toMatchObject({ allowed: true, by: [allow.id] })
    expect(of(seen, 'containers.exec')).toMatchObject({ allowed: false, by: [] })
  })
})

describe('custom roles', () => {
  it('are made, change at once for who has them, and stay while grants give them', async () => {
    const make = (input: object) => test.call('POST', '/api/roles', input)
    const made = await make({ name: 'Restarters', permissions: ['containers.restart'] })
    const role = made.json as CustomRole
    expect(role).toMatchObject({ name: 'Restarters', grants: 0 })
    expect(codeOf(await make({ name: 'Restarters', permissions: ['audit.view'] }))).toBe('role_name_taken')
    // Whoever may change people could give themselves the rest.
    expect(codeOf(await make({ name: 'Sneaky', permissions: ['users.edit'] }))).toBe('invalid_input')
    const rob = await join('rob@example.com', null)
    await give(rob.id, { effect: 'allow', role: role.id, hosts: all, containers: ofShop })
    expect(codeOf(await as(rob.cookie, 'POST', `${container(shop)}/restart`, {}))).toMatch(/^host_|refused/)
    const change = await test.call('PATCH', `/api/roles/${role.id}`, { permissions: ['containers.stop'] })
    expect(change.json).toMatchObject({ name: 'Restarters', permissions: ['containers.stop'], grants: 1 })
    expect(codeOf(await as(rob.cookie, 'POST', `${container(shop)}/restart`, {}))).toBe('denied')
    expect(codeOf(await as(rob.cookie, 'POST', `${container(shop)}/stop`, {}))).toMatch(/^host_|refused/)
    expect(codeOf(await test.call('DELETE', `/api/roles/${role.id}`))).toBe('role_in_use')
    expect((await test.call('DELETE', `/api/users/${rob.id}`)).status).toBe(204)
    expect((await test.call('DELETE', `/api/roles/${role.id}`)).status).toBe(204)
    expect(codeOf(await test.call('PATCH', `/api/roles/${role.id}`, { name: 'x' }))).toBe('role_not_found')
    expect((await test.call('GET', '/api/roles')).json).toEqual([])
  })

  it('are there after a restart, with the grants that give them', async () => {
    const role = (
      await test.call('POST', '/api/roles', { name: 'Loggers', permissions: ['containers.logs'] })
    ).json as CustomRole
    const lea = await join('lea@example.com', null)
    const grant = await give(lea.id, { effect: 'allow', role: role.id, hosts: all, containers: all })
    const { createGrants } = await import('./grants.ts')
    const again = await createGrants(test.app.db, createLog('silent'))
    expect(again.of(lea.id)).toEqual([grant])
    expect(again.roles()).toMatchObject([{ id: role.id, permissions: ['containers.logs'], grants: 1 }])
  })
})

describe('an API token', () => {
  it('may what it was made for and what its owner may now, and nothing of it where the owner may not', async () => {
    const tom = await join('tom@example.com', null)
    const first = await give(tom.id, { effect: 'allow', role: 'operator', hosts: all, containers: ofShop })
    const input = { name: 'script', hours: 1, permissions: ['containers.stop', 'containers.view'] }
    const refused = await as(tom.cookie, 'POST', '/api/account/tokens', {
      ...input,
      permissions: ['images.pull'],
    })
    expect(codeOf(refused)).toBe('denied')
    const { token } = (await as(tom.cookie, 'POST', '/api/account/tokens', input)).json as { token: string }
    const by = async (method: string, path: string, body?: unknown) => {
      const headers = { authorization: `Bearer ${token}`, cookie: '' }
      return codeOf(await test.call(method, path, body, headers))
    }
    expect(await by('POST', `${container(shop)}/stop`, {})).toMatch(/^host_|refused/)
    expect(await by('POST', `${container(shop)}/start`, {})).toBe('denied')
    expect(await by('POST', `${container(secret)}/stop`, {})).toBe('container_not_found')
    const deny = await give(tom.id, { effect: 'deny', role: 'operator', hosts: all, containers: all })
    expect(await by('POST', `${container(shop)}/stop`, {})).toBe('denied')
    await test.call('DELETE', `/api/users/${tom.id}/grants/${deny.id}`)
    expect(await by('POST', `${container(shop)}/stop`, {})).toMatch(/^host_|refused/)
    await test.call('DELETE', `/api/users/${tom.id}/grants/${first.id}`)
    expect(await by('POST', `${container(shop)}/stop`, {})).toBe('denied')
  })
})
