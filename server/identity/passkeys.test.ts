import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { AuditPage } from '#lib/contracts/audit.ts'
import type { Factors, RecoveryCodes } from '#lib/contracts/sign-in.ts'
import { type AppUnderTest, administrator, cookieOf, startApp } from '../testing/app-under-test.ts'
import { join } from '../testing/people.ts'
import { type Quirks, softAuthenticator } from '../testing/soft-authenticator.ts'

let test: AppUnderTest
let device: ReturnType<typeof softAuthenticator>
beforeEach(async () => {
  test = await startApp()
  await test.setUp()
  device = softAuthenticator(test.origin)
})
afterEach(() => test.close())

type Answer = Awaited<ReturnType<AppUnderTest['call']>>
const { email, password } = administrator
const codeOf = (answer: Answer) => (answer.json as { error?: { code: string } } | undefined)?.error?.code
const as = (cookie: string, method: string, path: string, body?: unknown) =>
  test.call(method, path, body, { cookie })

/** Asks, and gives the challenge with the cookies that belong to the answer. */
async function ask(path: string, cookie = '') {
  const answer = await as(cookie, 'POST', path)
  expect(answer.status).toBe(200)
  const { options } = answer.json as { options: { challenge: string; allowCredentials?: unknown[] } }
  return { ...options, cookie: [cookie, cookieOf(answer.headers)].filter(Boolean).join('; ') }
}
async function add(quirks: Quirks = {}, authenticator = device) {
  const { challenge, cookie } = await ask('/api/account/passkeys/options', test.cookie)
  const body = { name: 'Key', passkey: authenticator.make(challenge, quirks) }
  return as(cookie, 'POST', '/api/account/passkeys', body)
}
async function use(quirks: Quirks = {}, authenticator = device) {
  const { challenge, cookie } = await ask('/api/session/passkey/options')
  return as(cookie, 'POST', '/api/session/passkey', { passkey: authenticator.use(challenge, quirks) })
}
const factors = async () => (await test.call('GET', '/api/account/factors')).json as Factors

describe('a passkey', () => {
  it('signs in without a password, is asked for after one, and comes with recovery codes', async () => {
    const added = await add()
    expect((added.json as RecoveryCodes).recoveryCodes).toHaveLength(10)
    expect((await factors()).passkeys).toEqual([
      { id: expect.any(String), name: 'Key', site: 'localhost', createdAt: expect.any(String), usedAt: null },
    ])
    const signedIn = await use()
    expect(signedIn.json).toMatchObject({ user: { email } })
    expect((await as(cookieOf(signedIn.headers), 'GET', '/api/session')).status).toBe(200)
    expect((await factors()).passkeys[0]?.usedAt).toEqual(expect.any(String))

    const half = await as('', 'POST', '/api/session', { email, password })
    expect(half.json).toEqual({ secondStep: ['passkey', 'recovery'] })
    const asked = await ask('/api/session/passkey/options', cookieOf(half.headers))
    expect(asked.allowCredentials).toHaveLength(1)
    // Whoever has not given the password is told of no passkey.
    expect((await ask('/api/session/passkey/options')).allowCredentials).toBeUndefined()
    const whole = await as(asked.cookie, 'POST', '/api/session/passkey', {
      passkey: device.use(asked.challenge),
    })
    expect(whole.status).toBe(200)
  })

  it.each<[string, Quirks]>([
    ['for another origin', { origin: 'http://evil.test' }],
    ['for another site', { site: 'evil.test' }],
    ['without its user verified', { unverified: true }],
    ['whose counter went back', { counter: 1 }],
  ])('%s does not sign in, nor is it added', async (_name, quirks) => {
    await add({ counter: 5 })
    expect(codeOf(await use(quirks))).toBe('passkey_refused')
    if (quirks.counter === undefined)
      expect(codeOf(await add(quirks, softAuthenticator(test.origin)))).toBe('passkey_refused')
    expect((await use({ counter: 6 })).status).toBe(200)
  })

  it('answers a question once, in the browser that was asked', async () => {
    await add()
    const { challenge, cookie } = await ask('/api/session/passkey/options')
    const passkey = device.use(challenge)
    const send = (with_: string) => as(with_, 'POST', '/api/session/passkey', { passkey })
    expect(codeOf(await send(''))).toBe('passkey_refused')
    expect(codeOf(await send((await ask('/api/session/passkey/options')).cookie))).toBe('passkey_refused')
    const answers = await Promise.all([send(cookie), send(cookie)])
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect((await send(cookie)).status).not.toBe(200)
  })

  it('that was asked for by one session proves nothing for another', async () => {
    await add()
    const other = cookieOf((await use()).headers)
    const old = new Date(Date.now() - 11 * 60_000).toISOString()
    await test.app.db.updateTable('session').set({ provedAt: old }).execute()
    const asked = await ask('/api/account/proof/options', test.cookie)
    const passkey = device.use(asked.challenge)
    const ticket = asked.cookie.split('; ').at(-1)
    const stolen = await as(`${other}; ${ticket}`, 'POST', '/api/account/proof', { passkey })
    expect(codeOf(stolen)).toBe('passkey_refused')
    // A question to sign in is none to prove, either.
    const signIn = await ask('/api/session/passkey/options', test.cookie)
    const crossed = await as(signIn.cookie, 'POST', '/api/account/proof', {
      passkey: device.use(signIn.challenge),
    })
    expect(codeOf(crossed)).toBe('passkey_refused')
    const again = await ask('/api/account/proof/options', test.cookie)
    const proof = { passkey: device.use(again.challenge) }
    expect((await as(again.cookie, 'POST', '/api/account/proof', proof)).status).toBe(204)
    expect((await test.call('POST', '/api/account/recovery-codes')).status).toBe(200)
  })

  it('has the name that its owner gives it, and nobody else may', async () => {
    await add()
    const [passkey] = (await factors()).passkeys
    const path = `/api/account/passkeys/${passkey?.id}`
    expect(codeOf(await test.call('PATCH', path, { name: ' ' }))).toBe('invalid_input')
    expect((await test.call('PATCH', path, { name: ' Blue key ' })).status).toBe(204)
    expect((await factors()).passkeys[0]).toMatchObject({ id: passkey?.id, name: 'Blue key' })
    const { items } = (await test.call('GET', '/api/audit?action=account.passkeyRenamed')).json as AuditPage
    expect(items.map(({ actorEmail, summary }) => [actorEmail, summary])).toContainEqual([
      email,
      expect.stringContaining('Blue key'),
    ])
    const { cookie } = await join(test, 'vera', 'viewer')
    expect(codeOf(await as(cookie, 'PATCH', path, { name: 'Mine' }))).toBe('passkey_not_found')
    const old = new Date(Date.now() - 11 * 60_000).toISOString()
    await test.app.db.updateTable('session').set({ provedAt: old }).execute()
    expect(codeOf(await test.call('PATCH', path, { name: 'Stolen' }))).toBe('fresh_sign_in_needed')
    expect((await factors()).passkeys[0]?.name).toBe('Blue key')
  })

  it('is removed by its owner, and recovery codes with the last one', async () => {
    await add()
    const [passkey] = (await factors()).passkeys
    expect(codeOf(await test.call('DELETE', `/api/account/passkeys/${'0'.repeat(32)}`))).toBe(
      'passkey_not_found',
    )
    expect((await test.call('DELETE', `/api/account/passkeys/${passkey?.id}`)).status).toBe(204)
    expect(codeOf(await use())).toBe('passkey_refused')
    expect(await factors()).toMatchObject({ passkeys: [], recoveryCodes: 0 })
    expect((await as('', 'POST', '/api/session', { email, password })).json).toMatchObject({
      user: { email },
    })
  })

  it('of a disabled person does not sign in', async () => {
    await add()
    await test.app.db.updateTable('user').set({ disabledAt: new Date().toISOString() }).execute()
    expect(codeOf(await use())).toBe('account_disabled')
  })

  it.each([{}, { passkey: {} }, { passkey: { id: 'x', rawId: 'x', type: 'public-key', response: {} } }])(
    'a body %j is refused and nothing breaks',
    async (body) => {
      const { cookie } = await ask('/api/session/passkey/options')
      const answer = await as(cookie, 'POST', '/api/session/passkey', body)
      expect(['invalid_input', 'passkey_refused']).toContain(codeOf(answer))
    },
  )
})
