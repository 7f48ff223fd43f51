import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Session } from '#lib/contracts/account.ts'
import type { AuditPage } from '#lib/contracts/audit.ts'
import type { Factors } from '#lib/contracts/sign-in.ts'
import type { People } from '#lib/contracts/users.ts'
import { type AppUnderTest, administrator, cookieOf, startApp } from '../testing/app-under-test.ts'
import { type ProvidersPerson, startIdentityProvider, visitProvider } from '../testing/identity-provider.ts'
import { give, join, makeRole } from '../testing/people.ts'
import { softAuthenticator } from '../testing/soft-authenticator.ts'

let people: Record<string, ProvidersPerson>
let provider: Awaited<ReturnType<typeof startIdentityProvider>>
let test: AppUnderTest
async function start(environment: Record<string, string> = {}) {
  provider = await startIdentityProvider(people)
  test = await startApp({ ...provider.environment, ...environment })
  provider.serve(test.origin)
  await test.setUp()
}
beforeAll(() => {
  // The provider warns that its forms are for development, which tests are.
  for (const level of ['info', 'warn'] as const) console[level] = () => {}
})
beforeEach(() => {
  people = {
    vera: { email: 'vera@example.com', email_verified: true, name: 'Vera', groups: ['all', 'staff'] },
    ada: { email: administrator.email, email_verified: true, groups: ['ops'] },
  }
})
afterEach(async () => {
  await test.close()
  await provider.close()
})

type Answer = Awaited<ReturnType<AppUnderTest['call']>>
const { email, password } = administrator
const codeOf = (answer: Answer) => (answer.json as { error?: { code: string } } | undefined)?.error?.code
const as = (cookie: string, method: string, path: string, body?: unknown) =>
  test.call(method, path, body, { cookie })

async function begin(cookie = '', path = '/api/session/oidc/begin') {
  const answer = await as(cookie, 'POST', path)
  expect(answer.status, JSON.stringify(answer.json)).toBe(200)
  const ticket = cookieOf(answer.headers)
  return { url: (answer.json as { url: string }).url, cookie: [cookie, ticket].filter(Boolean).join('; ') }
}
const finish = (cookie: string, back: URL) =>
  as(cookie, 'POST', '/api/session/oidc', { query: back.search.slice(1) })
async function signIn(login: string): Promise<Answer> {
  const { url, cookie } = await begin()
  return finish(cookie, await visitProvider(url, login))
}

describe('the identity provider', () => {
  it('brings people with the role of their groups, which may be another the next time', async () => {
    await start()
    expect((await as('', 'GET', '/api/sign-in')).json).toMatchObject({
      provider: 'Example ID',
      localForFew: false,
    })
    const first = await signIn('vera')
    expect(first.json).toMatchObject({ user: { name: 'Vera', email: 'vera@example.com', role: 'viewer' } })
    const cookie = cookieOf(first.headers)
    expect((await as(cookie, 'GET', '/api/session')).status).toBe(200)
    const { items } = (await test.call('GET', '/api/audit?action=account.signIn')).json as AuditPage
    expect(items[0]).toMatchObject({
      actorEmail: 'vera@example.com',
      summary: expect.stringContaining('by oidc'),
    })

    people.vera = { ...(people.vera as ProvidersPerson), groups: ['dev'] }
    const second = await signIn('vera')
    expect(second.json).toMatchObject({ user: { role: 'operator' } })
    // What ran under the earlier role is over, as when an administrator changes it.
    expect((await as(cookie, 'GET', '/api/session')).status).toBe(401)
    expect(await test.app.db.selectFrom('user').selectAll().execute()).toHaveLength(2)

    people.vera = { ...people.vera, groups: ['all'] }
    expect(codeOf(await signIn('vera'))).toBe('oidc_no_role')
    expect((await as(cookieOf(second.headers), 'GET', '/api/session')).status).toBe(401)
  })

  it('gives groups roles that were made here, on all hosts, as of the last sign-in', async () => {
    await start({
      ROADSTEAD_OIDC_ROLES: 'ops=administrator, shop=Shop keepers, db=Readers, dev=operator, old=Typo',
    })
    const list = async () => (await test.call('GET', '/api/users')).json as People
    const groupsOfVera = (...groups: string[]) =>
      Object.assign(people, { vera: { ...people.vera, groups } as ProvidersPerson })
    expect((await list()).unknownRoles).toEqual(['Shop keepers', 'Readers', 'Typo'])
    groupsOfVera('shop')
    // A name that is no role gives nothing.
    expect(codeOf(await signIn('vera'))).toBe('oidc_no_role')
    const keepers = await makeRole(test, 'Shop keepers', ['containers.restart'])
    const readers = await makeRole(test, 'Readers', ['images.view'])
    expect((await list()).unknownRoles).toEqual(['Typo'])

    groupsOfVera('db', 'shop')
    const first = await signIn('vera')
    const { user, permissions } = first.json as Session
    expect(user.role).toBeNull()
    expect(permissions).toEqual(expect.arrayContaining(['containers.restart', 'images.view', 'hosts.view']))
    expect(permissions).not.toContain('containers.stop')
    const all = { kind: 'all' } as const
    await give(test, user, { effect: 'allow', role: readers, hosts: all, containers: all })
    const grants = async () =>
      (await list()).users
        .find(({ name }) => name === 'Vera')
        ?.grants.map(({ role, byProvider }) => [role, byProvider])
    const byHand = [readers, false]
    const both = [[keepers, true], [readers, true], byHand]
    expect(await grants()).toEqual(both)
    await signIn('vera')
    expect(await grants()).toEqual(both)

    groupsOfVera('db', 'dev')
    expect((await signIn('vera')).json).toMatchObject({ user: { role: 'operator' } })
    expect((await as(cookieOf(first.headers), 'GET', '/api/session')).status).toBe(401)
    expect(await grants()).toEqual([[readers, true], byHand])
    groupsOfVera('db', 'ops')
    expect((await signIn('vera')).json).toMatchObject({ user: { role: 'administrator' } })
    expect(await grants()).toEqual([byHand])
    groupsOfVera('db')
    const last = cookieOf((await signIn('vera')).headers)
    groupsOfVera('old')
    expect(codeOf(await signIn('vera'))).toBe('oidc_no_role')
    expect(await grants()).toEqual([byHand])
    expect((await as(last, 'GET', '/api/session')).status).toBe(401)
  })

  it('gets no account that is there by its address alone', async () => {
    await start()
    expect(codeOf(await signIn('ada'))).toBe('oidc_account_exists')
    expect((await as('', 'POST', '/api/session', { email, password })).status).toBe(200)
  })

  it('gets it where that is set and the address is verified', async () => {
    await start({ ROADSTEAD_OIDC_LINK: 'verified-email' })
    people.ada = { ...(people.ada as ProvidersPerson), email_verified: false }
    expect(codeOf(await signIn('ada'))).toBe('oidc_account_exists')
    people.ada = { ...people.ada, email_verified: true }
    expect((await signIn('ada')).json).toMatchObject({ user: { name: administrator.name, email } })
    // The last administrator stays one, whatever the provider's groups say.
    people.ada = { ...people.ada, groups: ['staff'] }
    expect(codeOf(await signIn('ada'))).toBe('last_administrator')
  })

  it('is believed once, in the browser that began, and for what was begun there', async () => {
    await start()
    const one = await begin()
    const back = await visitProvider(one.url, 'vera')
    const other = await begin()
    expect(codeOf(await finish('', back))).toBe('sign_in_step_over')
    // Another browser's: its state, nonce and verifier are others (login CSRF, code injection).
    expect(codeOf(await finish(other.cookie, back))).toBe('oidc_refused')
    const injected = await begin()
    const forged = new URL(back)
    forged.searchParams.set('state', new URL(injected.url).searchParams.get('state') ?? '')
    expect(codeOf(await finish(injected.cookie, forged))).toBe('oidc_refused')
    const answers = await Promise.all([finish(one.cookie, back), finish(one.cookie, back)])
    expect(answers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(1)
    expect(codeOf(await finish(one.cookie, back))).toBe('sign_in_step_over')
  })

  it.each([
    ['iss', 'https://evil.test'],
    ['iss', null],
    ['code', 'guess'],
    ['state', null],
  ])('an answer with %s %j is refused', async (name, value) => {
    await start()
    const { url, cookie } = await begin()
    const back = await visitProvider(url, 'vera')
    if (value === null) back.searchParams.delete(name)
    else back.searchParams.set(name, value)
    expect(codeOf(await finish(cookie, back))).toBe('oidc_refused')
  })

  it('is asked again for a proof, which is for the session that asked and from its person', async () => {
    await start()
    people.otto = { email: 'otto@example.com', email_verified: true, groups: ['staff'] }
    await signIn('otto')
    const vera = cookieOf((await signIn('vera')).headers)
    const factors = async () => (await as(vera, 'GET', '/api/account/factors')).json as Factors
    expect((await factors()).proofs).toEqual(['provider'])
    const old = new Date(Date.now() - 11 * 60_000).toISOString()
    await test.app.db.updateTable('session').set({ provedAt: old }).execute()
    expect(codeOf(await as(vera, 'POST', '/api/account/totp'))).toBe('fresh_sign_in_needed')
    const wrong = await begin(vera, '/api/account/proof/oidc/begin')
    expect(new URL(wrong.url).searchParams.get('prompt')).toBe('login')
    expect(codeOf(await finish(wrong.cookie, await visitProvider(wrong.url, 'otto')))).toBe('oidc_refused')
    const right = await begin(vera, '/api/account/proof/oidc/begin')
    expect((await finish(right.cookie, await visitProvider(right.url, 'vera'))).status).toBe(200)
    expect((await as(vera, 'POST', '/api/account/totp')).status).toBe(200)
  })

  it('signs out of itself, too', async () => {
    await start()
    const vera = cookieOf((await signIn('vera')).headers)
    const answer = await as(vera, 'DELETE', '/api/session')
    expect((answer.json as { url: string }).url).toContain(`${provider.issuer}/session/end?`)
    expect((await as(vera, 'GET', '/api/session')).status).toBe(401)
  })

  it('may be the only way in but for who is named, and has second factors of its own', async () => {
    await start({ ROADSTEAD_LOCAL_SIGN_IN: 'other@example.com', ROADSTEAD_SECOND_FACTOR: 'required' })
    expect((await as('', 'GET', '/api/sign-in')).json).toMatchObject({ localForFew: true })
    expect(codeOf(await as('', 'POST', '/api/session', { email, password }))).toBe('local_sign_in_off')
    expect(codeOf(await as('', 'POST', '/api/session', { email, password: 'guess' }))).toBe('bad_credentials')
    await test.app.db.updateTable('user').set({ email: 'other@example.com' }).execute()
    expect((await as('', 'POST', '/api/session', { email: 'other@example.com', password })).status).toBe(200)
    const vera = cookieOf((await signIn('vera')).headers)
    expect((await as(vera, 'GET', '/api/hosts')).status).toBe(200)
  })

  describe('is linked with an account that is there', () => {
    const way = '/api/account/provider'
    /** Goes there as `login` from this session, and gives what it comes back with. */
    async function visit(session: string, login: string) {
      const { url, cookie } = await begin(session, `${way}/begin`)
      return { url, cookie, query: (await visitProvider(url, login)).search.slice(1) }
    }
    async function link(session: string, login: string) {
      const { cookie, query } = await visit(session, login)
      return as(cookie, 'POST', way, { query })
    }
    const factors = async (cookie: string) =>
      (await as(cookie, 'GET', '/api/account/factors')).json as Factors
    const minutesPass = (minutes: number) =>
      test.app.db
        .updateTable('session')
        .set({ provedAt: new Date(Date.now() - minutes * 60_000).toISOString() })
        .execute()
    const eventsOf = async (action: string) =>
      ((await test.call('GET', `/api/audit?action=${action}`)).json as AuditPage).items

    it('by its owner, who proved who they are here and signs in anew there', async () => {
      await start()
      people.ada = { ...(people.ada as ProvidersPerson), email: 'ada@elsewhere.example' }
      expect((await factors(test.cookie)).provider).toEqual({ name: 'Example ID', linked: false })
      await minutesPass(11)
      expect(codeOf(await as(test.cookie, 'POST', `${way}/begin`))).toBe('fresh_sign_in_needed')
      await minutesPass(0)
      const { url, cookie, query } = await visit(test.cookie, 'ada')
      for (const [name, value] of [
        ['prompt', 'login'],
        ['code_challenge_method', 'S256'],
      ] as const)
        expect(new URL(url).searchParams.get(name)).toBe(value)
      expect((await as(cookie, 'POST', way, { query })).status).toBe(204)
      expect((await factors(test.cookie)).provider?.linked).toBe(true)
      expect(codeOf(await link(test.cookie, 'ada'))).toBe('oidc_linked')
      const { users } = (await test.call('GET', '/api/users')).json as People
      expect(users.map(({ provider: subject }) => subject)).toEqual(['ada'])
      expect((await signIn('ada')).json).toMatchObject({ user: { name: administrator.name, email } })
      expect((await as('', 'POST', '/api/session', { email, password })).status).toBe(200)
      expect((await eventsOf('account.providerLinked')).at(-1)).toMatchObject({ actorEmail: email })
    })

    it('by nobody else: not with an answer of another session, for another purpose, or twice', async () => {
      await start()
      const toni = await join(test, 'toni', 'viewer')
      const mine = await visit(test.cookie, 'ada')
      const ticketOf = (cookie: string) => cookie.split('; ').at(-1)
      // An administrator's browser that is made to bring somebody else's answer would give them the account.
      const planted = await as(`${toni.cookie}; ${ticketOf(mine.cookie)}`, 'POST', way, { query: mine.query })
      expect(codeOf(planted)).toBe('oidc_refused')
      expect(codeOf(await as(mine.cookie, 'POST', way, { query: mine.query }))).toBe('sign_in_step_over')
      const toLink = await visit(test.cookie, 'ada')
      expect(codeOf(await as(toLink.cookie, 'POST', '/api/session/oidc', { query: toLink.query }))).toBe(
        'oidc_refused',
      )
      const toProve = await begin(test.cookie, '/api/account/proof/oidc/begin')
      const query = (await visitProvider(toProve.url, 'ada')).search.slice(1)
      expect(codeOf(await as(toProve.cookie, 'POST', way, { query }))).toBe('oidc_refused')
      const toSignIn = await begin(test.cookie)
      const answer = (await visitProvider(toSignIn.url, 'ada')).search.slice(1)
      expect(codeOf(await as(toSignIn.cookie, 'POST', way, { query: answer }))).toBe('oidc_refused')
      expect(await test.app.db.selectFrom('oidc_people').selectAll().execute()).toEqual([])

      expect((await link(test.cookie, 'ada')).status).toBe(204)
      expect(codeOf(await link(toni.cookie, 'ada'))).toBe('oidc_linked_elsewhere')
      people.vera = { ...(people.vera as ProvidersPerson), groups: ['all'] }
      expect(codeOf(await link(toni.cookie, 'vera'))).toBe('oidc_no_role')
    })

    it('and unlinked, which ends what it opened elsewhere, but never the last way to sign in', async () => {
      await start()
      expect(codeOf(await test.call('DELETE', way))).toBe('oidc_not_linked')
      await link(test.cookie, 'ada')
      const byProvider = cookieOf((await signIn('ada')).headers)
      const byPassword = cookieOf((await as('', 'POST', '/api/session', { email, password })).headers)
      await minutesPass(11)
      expect(codeOf(await test.call('DELETE', way))).toBe('fresh_sign_in_needed')
      await minutesPass(0)
      expect((await test.call('DELETE', way)).status).toBe(204)
      expect((await as(byProvider, 'GET', '/api/session')).status).toBe(401)
      expect((await as(byPassword, 'GET', '/api/session')).status).toBe(200)
      expect(codeOf(await signIn('ada'))).toBe('oidc_account_exists')

      const vera = cookieOf((await signIn('vera')).headers)
      expect(codeOf(await as(vera, 'DELETE', way))).toBe('sign_in_last_way')
      const device = softAuthenticator(test.origin)
      const options = await as(vera, 'POST', '/api/account/passkeys/options')
      const { challenge } = (options.json as { options: { challenge: string } }).options
      const cookie = `${vera}; ${cookieOf(options.headers)}`
      const body = { name: 'Key', passkey: device.make(challenge) }
      expect((await as(cookie, 'POST', '/api/account/passkeys', body)).status).toBe(200)
      // Both at once leave one.
      const [passkey] = (await factors(vera)).passkeys
      const answers = await Promise.all([
        as(vera, 'DELETE', way),
        as(vera, 'DELETE', `/api/account/passkeys/${passkey?.id}`),
      ])
      expect(answers.map(({ status }) => status).toSorted()).toEqual([204, 409])
    })

    it('and unlinked by an administrator, which ends their sessions', async () => {
      await start()
      const vera = cookieOf((await signIn('vera')).headers)
      const { users } = (await test.call('GET', '/api/users')).json as People
      const { id } = users.find(({ name }) => name === 'Vera') as { id: string }
      expect(codeOf(await as(vera, 'DELETE', `/api/users/${id}/provider`))).toBe('denied')
      expect((await test.call('DELETE', `/api/users/${id}/provider`)).status).toBe(204)
      expect((await as(vera, 'GET', '/api/session')).status).toBe(401)
      expect(codeOf(await signIn('vera'))).toBe('oidc_account_exists')
      expect(codeOf(await test.call('DELETE', `/api/users/${id}/provider`))).toBe('oidc_not_linked')
      expect(await eventsOf('users.providerUnlinked')).toHaveLength(2)
    })

    it('which stays where only named people may sign in without it', async () => {
      await start({ ROADSTEAD_LOCAL_SIGN_IN: 'other@example.com', ROADSTEAD_OIDC_LINK: 'verified-email' })
      const ada = cookieOf((await signIn('ada')).headers)
      expect(codeOf(await as(ada, 'DELETE', way))).toBe('sign_in_last_way')
    })
  })

  it('that does not answer stops nobody else, and a disabled person stays out', async () => {
    await start()
    await signIn('vera')
    await test.app.db
      .updateTable('user')
      .set({ disabledAt: new Date().toISOString() })
      .where('email', '=', 'vera@example.com')
      .execute()
    expect(codeOf(await signIn('vera'))).toBe('account_disabled')
    await test.close()
    await provider.close()
    test = await startApp(provider.environment)
    await test.setUp()
    expect(codeOf(await as('', 'POST', '/api/session/oidc/begin'))).toBe('oidc_unreachable')
  })
})
