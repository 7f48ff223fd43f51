import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { closeCodes } from '#lib/close-codes.ts'
import type { AuditPage } from '#lib/contracts/audit.ts'
import type { NewTotp, RecoveryCodes } from '#lib/contracts/sign-in.ts'
import type { MadeLink, People } from '#lib/contracts/users.ts'
import { type AppUnderTest, administrator, cookieOf, startApp } from '../testing/app-under-test.ts'
import { following } from '../testing/live-viewer.ts'
import { join } from '../testing/people.ts'
import { totpCode, totpStep } from './totp.ts'

let test: AppUnderTest
beforeEach(async () => {
  test = await startApp()
  await test.setUp()
})
afterEach(() => test.close())

type Answer = Awaited<ReturnType<AppUnderTest['call']>>
const codeOf = (answer: Answer) => (answer.json as { error?: { code: string } } | undefined)?.error?.code
const as = (cookie: string, method: string, path: string, body?: unknown) =>
  test.call(method, path, body, { cookie })
const { email, password } = administrator
const signIn = () => as('', 'POST', '/api/session', { email, password })
const ticketOf = async () => cookieOf((await signIn()).headers)
/** The code of a step so many after now; a step that was used is not taken again. */
const code = (secret: string, later = 0) => totpCode(secret, totpStep(Date.now()) + later)

/** Sets an authenticator up, and gives what it holds. */
async function setUpTotp(): Promise<{ secret: string; recovery: string[] }> {
  const { secret } = (await test.call('POST', '/api/account/totp')).json as NewTotp
  const confirmed = await test.call('POST', '/api/account/totp/confirm', { code: code(secret, -1) })
  expect(confirmed.status).toBe(200)
  return { secret, recovery: (confirmed.json as RecoveryCodes).recoveryCodes ?? [] }
}

/** As if so many minutes had gone by since the last proof. */
async function minutesPass(minutes: number): Promise<void> {
  const provedAt = new Date(Date.now() - minutes * 60_000).toISOString()
  await test.app.db.updateTable('session').set({ provedAt }).execute()
}

async function eventsOf(action: string) {
  return ((await test.call('GET', `/api/audit?action=${action}`)).json as AuditPage).items
}

describe('an authenticator', () => {
  it('counts from its confirmation on, and gives ten recovery codes once', async () => {
    const begun = (await test.call('POST', '/api/account/totp')).json as NewTotp
    expect(begun.uri).toContain(begun.secret)
    expect((await signIn()).json).toMatchObject({ user: { email } })
    const wrong = await test.call('POST', '/api/account/totp/confirm', { code: '000000' })
    expect(codeOf(wrong)).toBe('code_wrong')
    const right = { code: code(begun.secret) }
    const confirmed = (await test.call('POST', '/api/account/totp/confirm', right)).json as RecoveryCodes
    expect(new Set(confirmed.recoveryCodes).size).toBe(10)
    expect((await test.call('GET', '/api/account/factors')).json).toMatchObject({
      totpSince: expect.any(String),
      recoveryCodes: 10,
      needed: false,
    })
    expect(codeOf(await test.call('POST', '/api/account/totp'))).toBe('totp_on')
    expect(codeOf(await test.call('POST', '/api/account/totp/confirm', right))).toBe('totp_on')
  })

  it('is asked for after the password, which by itself opens nothing', async () => {
    const { secret } = await setUpTotp()
    const before = await test.app.db.selectFrom('session').select('id').execute()
    const half = await signIn()
    expect(half.json).toEqual({ secondStep: ['totp', 'recovery'] })
    const ticket = cookieOf(half.headers)
    expect(ticket).not.toContain('session_token')
    expect(await test.app.db.selectFrom('session').select('id').execute()).toEqual(before)
    expect((await as(ticket, 'GET', '/api/session')).status).toBe(401)
    expect((await as(ticket, 'GET', '/api/sign-in')).json).toMatchObject({ secondStep: ['totp', 'recovery'] })
    expect(codeOf(await as('', 'POST', '/api/session/code', { code: code(secret) }))).toBe(
      'sign_in_step_over',
    )
    const whole = await as(ticket, 'POST', '/api/session/code', { code: code(secret) })
    expect(whole.json).toMatchObject({ user: { email } })
    const cookie = cookieOf(whole.headers)
    expect((await as(cookie, 'GET', '/api/session')).status).toBe(200)
    // Both the ticket and the code are used up.
    const again = await as(ticket, 'POST', '/api/session/code', { code: code(secret, 1) })
    expect(codeOf(again)).toBe('sign_in_step_over')
    const replayed = await as(await ticketOf(), 'POST', '/api/session/code', { code: code(secret) })
    expect(codeOf(replayed)).toBe('code_wrong')
  })

  it('takes a code once of two at the same moment', async () => {
    const { secret } = await setUpTotp()
    const tickets = [await ticketOf(), await ticketOf(), await ticketOf()]
    const answers = await Promise.all(
      tickets.map((ticket) => as(ticket, 'POST', '/api/session/code', { code: code(secret) })),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 403, 403])
  })

  it.each(['forged', 'of another purpose', 'older than five minutes'])(
    'a ticket %s opens nothing',
    async (what) => {
      const { secret } = await setUpTotp()
      let ticket = await ticketOf()
      if (what === 'forged') ticket = ticket.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))
      if (what === 'of another purpose') ticket = ticket.replace('roadstead.second', 'roadstead.oidc')
      if (what === 'older than five minutes') {
        const real = Date.now
        Date.now = () => real() - 301_000
        ticket = await ticketOf().finally(() => {
          Date.now = real
        })
      }
      const answer = await as(ticket, 'POST', '/api/session/code', { code: code(secret) })
      expect(codeOf(answer)).toBe('sign_in_step_over')
    },
  )

  it('is guessed at no more often than a password, also with a new ticket each time', async () => {
    const { secret } = await setUpTotp()
    const codes: (string | undefined)[] = []
    for (let guess = 0; guess < 7; guess++)
      codes.push(codeOf(await as(await ticketOf(), 'POST', '/api/session/code', { code: '000000' })))
    expect(codes).toEqual([...Array(5).fill('code_wrong'), 'login_limited', 'login_limited'])
    const right = await as(await ticketOf(), 'POST', '/api/session/code', { code: code(secret) })
    expect(codeOf(right)).toBe('login_limited')
  })

  it('stands between a reset by link and a session, and a password that was reset ends what waits', async () => {
    const { secret } = await setUpTotp()
    const waiting = await ticketOf()
    const own = (await test.call('GET', '/api/session')).json as { user: { id: string } }
    const link = (await test.call('POST', `/api/users/${own.user.id}/reset`)).json as MadeLink
    const token = new URL(link.url).hash.slice(1)
    const used = await as('', 'POST', '/api/join', { token, password: 'another long password' })
    expect(used.json).toEqual({ secondStep: ['totp', 'recovery'] })
    const late = await as(waiting, 'POST', '/api/session/code', { code: code(secret) })
    expect(codeOf(late)).toBe('bad_credentials')
    const whole = await as(cookieOf(used.headers), 'POST', '/api/session/code', { code: code(secret, 1) })
    expect(whole.status).toBe(200)
  })

  it('ends the sessions that the password alone had opened, and is removed by an administrator', async () => {
    const other = cookieOf((await signIn()).headers)
    await setUpTotp()
    expect((await as(other, 'GET', '/api/session')).status).toBe(401)
    const own = (await test.call('GET', '/api/session')).json as { user: { id: string } }
    const path = `/api/users/${own.user.id}/second-factor`
    expect((await test.call('DELETE', path)).status).toBe(204)
    expect((await test.call('GET', '/api/session')).status).toBe(401)
    test.cookie = await ticketOf()
    expect((await test.call('GET', '/api/session')).status).toBe(200)
    const [record] = await eventsOf('users.secondFactorRemoved')
    expect(record).toMatchObject({ decision: 'allowed', actorEmail: email, objectId: own.user.id })
  })

  it('is stored sealed, bound to its person, and codes as hashes', async () => {
    const { secret, recovery } = await setUpTotp()
    const rows = JSON.stringify([
      await test.app.db.selectFrom('totp').selectAll().execute(),
      await test.app.db.selectFrom('recovery_codes').selectAll().execute(),
    ])
    for (const kept of [secret, ...recovery, ...recovery.map((each) => each.replaceAll('-', ''))])
      expect(rows).not.toContain(kept)
    const ticket = await ticketOf()
    await test.app.db.updateTable('totp').set({ user_id: 'somebody else' }).execute()
    await expect(test.app.identity.factors.use('somebody else', code(secret))).rejects.toThrow('key')
    expect((await as(ticket, 'POST', '/api/session/code', { code: code(secret) })).status).toBe(403)
  })
})

describe('recovery codes', () => {
  it('sign in once each, however they are typed', async () => {
    const { recovery } = await setUpTotp()
    const [first = '', second = ''] = recovery
    const use = async (typed: string) => as(await ticketOf(), 'POST', '/api/session/code', { code: typed })
    expect((await use(first)).status).toBe(200)
    expect(codeOf(await use(first))).toBe('code_wrong')
    expect((await use(` ${second.toUpperCase().replaceAll('-', ' ')} `)).status).toBe(200)
    expect((await test.call('GET', '/api/account/factors')).json).toMatchObject({ recoveryCodes: 8 })
  })

  it('are renewed as a whole, and end with the last second factor', async () => {
    expect(codeOf(await test.call('POST', '/api/account/recovery-codes'))).toBe('second_factor_none')
    const { recovery } = await setUpTotp()
    const { recoveryCodes } = (await test.call('POST', '/api/account/recovery-codes')).json as RecoveryCodes
    const use = async (typed: string) => as(await ticketOf(), 'POST', '/api/session/code', { code: typed })
    expect(codeOf(await use(recovery[0] ?? ''))).toBe('code_wrong')
    expect((await use(recoveryCodes?.[0] ?? '')).status).toBe(200)
    expect((await test.call('DELETE', '/api/account/totp')).status).toBe(204)
    expect(codeOf(await test.call('DELETE', '/api/account/totp'))).toBe('totp_off')
    expect(await test.app.db.selectFrom('recovery_codes').selectAll().execute()).toEqual([])
    expect((await signIn()).json).toMatchObject({ user: { email } })
  })
})

describe('a fresh sign-in', () => {
  const tries: [string, string, unknown?][] = [
    ['POST', '/api/invitations', { name: 'V', email: 'v@example.com', role: 'viewer' }],
    ['POST', '/api/account/tokens', { name: 't', permissions: ['hosts.view'], hours: 1 }],
    ['POST', '/api/account/totp'],
  ]
  it.each(tries)(
    'is needed for %s %s after ten minutes, and a proof opens it',
    async (method, path, body) => {
      await minutesPass(9)
      expect((await test.call(method, path, body)).status).toBe(200)
      await minutesPass(11)
      expect(codeOf(await test.call(method, path, body))).toBe('fresh_sign_in_needed')
      expect((await test.call('GET', '/api/hosts')).status).toBe(200)
      expect(codeOf(await test.call('POST', '/api/account/proof', { password: 'guess' }))).toBe(
        'password_wrong',
      )
      expect(codeOf(await test.call(method, path, body))).toBe('fresh_sign_in_needed')
      expect((await test.call('POST', '/api/account/proof', { password })).status).toBe(204)
      expect((await test.call(method, path, body)).status).toBe(200)
    },
  )

  it('is proved by a code too, counted like a password, and opens this session alone', async () => {
    const { secret } = await setUpTotp()
    const other = cookieOf(
      (await as(await ticketOf(), 'POST', '/api/session/code', { code: code(secret) })).headers,
    )
    await minutesPass(11)
    for (let guess = 0; guess < 5; guess++)
      expect(codeOf(await test.call('POST', '/api/account/proof', { code: '000000' }))).toBe('code_wrong')
    expect(codeOf(await test.call('POST', '/api/account/proof', { code: code(secret, 1) }))).toBe(
      'login_limited',
    )
    await test.app.db.deleteFrom('login_failures').execute()
    expect((await test.call('POST', '/api/account/proof', { code: code(secret, 1) })).status).toBe(204)
    expect((await test.call('POST', '/api/account/recovery-codes')).status).toBe(200)
    expect(codeOf(await as(other, 'POST', '/api/account/recovery-codes'))).toBe('fresh_sign_in_needed')
  })
})

it('a password alone proves nothing of who has a second factor, and takes none away', async () => {
  const { secret, recovery } = await setUpTotp()
  await minutesPass(11)
  expect((await test.call('GET', '/api/account/factors')).json).toMatchObject({ proofs: ['code'] })
  expect(codeOf(await test.call('POST', '/api/account/proof', { password }))).toBe('proof_needs_factor')
  expect(codeOf(await test.call('DELETE', '/api/account/totp'))).toBe('fresh_sign_in_needed')
  expect((await test.call('POST', '/api/account/proof', { code: recovery[0] })).status).toBe(204)
  await minutesPass(11)
  expect((await test.call('POST', '/api/account/proof', { code: code(secret) })).status).toBe(204)
  expect((await test.call('DELETE', '/api/account/totp')).status).toBe(204)
  await minutesPass(11)
  expect((await test.call('POST', '/api/account/proof', { password })).status).toBe(204)
})

it.each([
  [-3, { minutes: 2, direction: 'behind' }],
  [20, { minutes: 10, direction: 'ahead' }],
])('a code of a clock that is %i steps off is refused with a word about clocks', async (steps, params) => {
  const { secret } = await setUpTotp()
  await test.app.db.updateTable('totp').set({ last_step: 0 }).execute()
  const answer = await as(await ticketOf(), 'POST', '/api/session/code', { code: code(secret, steps) })
  expect((answer.json as { error: unknown }).error).toMatchObject({ code: 'code_clock', params })
  const other = await as(await ticketOf(), 'POST', '/api/session/code', { code: code(secret, 500) })
  expect(codeOf(other)).toBe('code_wrong')
})

it('whoever needs a second factor gets nothing else before one is there', async () => {
  const folder = test.dataFolder
  await test.app.close()
  const strict = await startApp({ ROADSTEAD_SECOND_FACTOR: 'required' }, folder)
  const call = async (method: string, path: string, body?: unknown) => strict.call(method, path, body)
  strict.cookie = cookieOf((await call('POST', '/api/session', { email, password })).headers)
  expect((await call('GET', '/api/session')).status).toBe(200)
  expect((await call('GET', '/api/account/factors')).json).toMatchObject({ needed: true })
  for (const path of ['/api/hosts', '/api/users', '/api/account/tokens'])
    expect(codeOf(await call('GET', path)), path).toBe('second_factor_needed')
  expect(codeOf(await call('POST', '/api/account/tokens', {}))).toBe('second_factor_needed')
  const { secret } = (await call('POST', '/api/account/totp')).json as NewTotp
  expect(codeOf(await call('GET', '/api/hosts'))).toBe('second_factor_needed')
  expect((await call('POST', '/api/account/totp/confirm', { code: code(secret) })).status).toBe(200)
  expect((await call('GET', '/api/hosts')).status).toBe(200)
  expect((await call('DELETE', '/api/account/totp')).status).toBe(204)
  expect(codeOf(await call('GET', '/api/hosts'))).toBe('second_factor_needed')
  await strict.close()
  test = await startApp()
})

describe('the rule that everybody needs one', () => {
  const rule = (secondFactorRequired: boolean, cookie = test.cookie) =>
    as(cookie, 'PATCH', '/api/sign-in', { secondFactorRequired })
  const people = async () => (await test.call('GET', '/api/users')).json as People

  it('is made by an administrator who has one, and asks whoever has none at their next request', async () => {
    const vera = await join(test, 'vera', 'viewer')
    const asked = { name: 't', permissions: ['hosts.view'], hours: 1 }
    const { token } = (await vera.call('POST', '/api/account/tokens', asked)).json as { token: string }
    const withToken = () =>
      test.call('GET', '/api/hosts', undefined, { cookie: '', authorization: `Bearer ${token}` })
    const { closed } = await vera.socket('/api/live', following('fleet'))
    expect(codeOf(await rule(true))).toBe('second_factor_none')
    expect((await people()).secondFactor).toEqual({ required: false, fixed: false, ready: false })
    await setUpTotp()
    expect((await people()).secondFactor.ready).toBe(true)
    expect(codeOf(await rule(true, vera.cookie))).toBe('denied')
    await minutesPass(11)
    expect(codeOf(await rule(true))).toBe('fresh_sign_in_needed')
    await minutesPass(0)
    expect((await withToken()).status).toBe(200)
    expect((await vera.call('GET', '/api/hosts')).status).toBe(200)
    expect((await rule(true)).status).toBe(204)

    expect(await closed).toBe(closeCodes.rightsChanged)
    expect(codeOf(await vera.call('GET', '/api/hosts'))).toBe('second_factor_needed')
    expect(codeOf(await withToken())).toBe('second_factor_needed')
    expect((await vera.call('GET', '/api/session')).json).toMatchObject({ secondFactorNeeded: true })
    expect((await test.call('GET', '/api/session')).json).toMatchObject({ secondFactorNeeded: false })
    const { users, secondFactor } = await people()
    expect(secondFactor).toEqual({ required: true, fixed: false, ready: true })
    expect(users.map(({ name, secondFactors }) => [name, secondFactors])).toEqual([
      ['Ada', { totp: true, passkeys: 0 }],
      ['vera', { totp: false, passkeys: 0 }],
    ])
    const [record] = await eventsOf('users.secondFactorRule')
    expect(record).toMatchObject({ actorEmail: email, summary: 'secondFactorRequired true' })

    expect((await rule(false)).status).toBe(204)
    expect((await vera.call('GET', '/api/hosts')).status).toBe(200)
    expect((await withToken()).status).toBe(200)
  })

  it('is kept over a restart, and locked on by the configuration', async () => {
    await setUpTotp()
    const vera = await join(test, 'vera', 'viewer')
    await rule(true)
    const { dataFolder, cookie } = test
    const again = async (environment: Record<string, string>) => {
      await test.app.close()
      test = await startApp(environment, dataFolder)
      test.cookie = cookie
    }
    await again({})
    expect(codeOf(await as(vera.cookie, 'GET', '/api/hosts'))).toBe('second_factor_needed')
    expect((await rule(false)).status).toBe(204)
    await again({ ROADSTEAD_SECOND_FACTOR: 'required' })
    expect((await people()).secondFactor).toEqual({ required: true, fixed: true, ready: true })
    expect(codeOf(await rule(false))).toBe('second_factor_fixed')
    expect(codeOf(await as(vera.cookie, 'GET', '/api/hosts'))).toBe('second_factor_needed')
  })
})

it('the audit log tells each step with its means, and holds no code', async () => {
  const { secret, recovery } = await setUpTotp()
  await as(await ticketOf(), 'POST', '/api/session/code', { code: '111111' })
  const right = code(secret)
  await as(await ticketOf(), 'POST', '/api/session/code', { code: right })
  await as(await ticketOf(), 'POST', '/api/session/code', { code: recovery[3] })
  const records = await eventsOf('account.signIn')
  const told = records.map(({ summary, actorEmail, errorCode }) => [summary, actorEmail, errorCode])
  const half = expect.stringContaining('second step is awaited')
  expect(told.slice(0, 6)).toEqual([
    [expect.stringContaining('by password+recovery'), email, null],
    [half, null, null],
    [expect.stringContaining('by password+totp'), email, null],
    [half, null, null],
    [expect.any(String), null, 'code_wrong'],
    [half, null, null],
  ])
  expect(await eventsOf('account.totpAdded')).toHaveLength(1)
  const all = JSON.stringify(
    await test.app.db
      .selectFrom('audit' as never)
      .selectAll()
      .execute(),
  )
  for (const kept of [secret, `"${right}"`, recovery[3]]) expect(all).not.toContain(kept)
})
