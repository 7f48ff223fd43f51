import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { administrator, cookieOf, startApp } from '../testing/app-under-test.ts'
import { network } from './login-limits.ts'

const folder = mkdtempSync(join(tmpdir(), 'roadstead-identity-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const codeOf = (answer: { json: unknown }) => (answer.json as { error?: { code: string } }).error?.code

describe('sign-in', () => {
  it('is limited by account, and a restart forgives nobody', async () => {
    const first = await startApp({}, folder)
    await first.setUp()
    const { email, password } = administrator
    for (let attempt = 0; attempt < 5; attempt++) {
      // In another spelling each time, and from elsewhere by its own word.
      const spelled = attempt % 2 === 0 ? email : email.toUpperCase()
      const forwarded = { 'x-forwarded-for': `192.0.2.${attempt}`, forwarded: `for=192.0.2.${attempt}` }
      const guess = await first.call('POST', '/api/session', { email: spelled, password: 'guess' }, forwarded)
      expect(codeOf(guess)).toBe('bad_credentials')
    }
    expect(codeOf(await first.call('POST', '/api/session', { email, password }))).toBe('login_limited')
    // Somebody else's account from the same address is not locked by it yet.
    expect(codeOf(await first.call('POST', '/api/session', { email: 'b@example.com', password }))).toBe(
      'bad_credentials',
    )
    await first.close()

    const second = await startApp({}, folder)
    expect(codeOf(await second.call('POST', '/api/session', { email, password }))).toBe('login_limited')
    expect(codeOf(await second.call('POST', '/api/setup', { ...administrator, token: 'x' }))).toBe(
      'setup_done',
    )
    await second.close()
  })
})

it('lets no more guesses through when they come all at once', async () => {
  const test = await startApp({}, undefined, { passwords: undefined })
  await test.setUp()
  const guess = { email: administrator.email, password: 'guess' }
  const answers = await Promise.all(
    Array.from({ length: 12 }, () => test.call('POST', '/api/session', guess)),
  )
  expect(answers.filter((answer) => codeOf(answer) === 'bad_credentials').length).toBeLessThanOrEqual(5)
  await test.close()
})

it('signs in whoever knows the password, however many at once', async () => {
  const test = await startApp({}, undefined, { passwords: undefined })
  await test.setUp()
  const [account] = await test.app.db.selectFrom('account').select('password').execute()
  // As scrypt with a salt of its own, and not as the tests have it.
  expect(account?.password).toMatch(/^[0-9a-f]{32}:[0-9a-f]{128}$/)
  const { email, password } = administrator
  const right = () => test.call('POST', '/api/session', { email, password })
  const answers = await Promise.all(Array.from({ length: 8 }, right))
  expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200))
  await test.close()
})

it('what others fail at elsewhere keeps nobody out, and whoever is signed in proves it in a count of their own', async () => {
  const test = await startApp({ ROADSTEAD_TRUSTED_PROXIES: '127.0.0.1/32,::1/128' })
  await test.setUp()
  const { email, password } = administrator
  const from = (address: string, typed: string) =>
    test.call('POST', '/api/session', { email, password: typed }, { cookie: '', 'x-forwarded-for': address })
  for (let guess = 0; guess < 6; guess++) await from('192.0.2.7', 'guess')
  expect(codeOf(await from('192.0.2.7', password))).toBe('login_limited')
  expect((await from('198.51.100.7', password)).status).toBe(200)
  // As after fifty more from as many networks.
  const failed = Array.from({ length: 50 }, (_, id) => ({
    id: `f${id}`,
    bucket: `account:${email}`,
    at: Date.now(),
  }))
  await test.app.db.insertInto('login_failures').values(failed).execute()
  expect(codeOf(await from('203.0.113.7', password))).toBe('login_limited')
  const prove = (typed: string) => test.call('POST', '/api/account/proof', { password: typed })
  expect((await prove(password)).status).toBe(204)
  for (let guess = 0; guess < 5; guess++) expect(codeOf(await prove('guess'))).toBe('password_wrong')
  expect(codeOf(await prove(password))).toBe('login_limited')
  await test.close()
})

describe('a clock that was a year ahead', () => {
  const year = 365 * 24 * 3_600_000
  const ahead = async <T>(work: () => Promise<T>): Promise<T> => {
    const real = Date.now
    Date.now = () => real() + year
    try {
      return await work()
    } finally {
      Date.now = real
    }
  }

  it('keeps nobody out for that year', async () => {
    const test = await startApp()
    await test.setUp()
    const { email, password } = administrator
    await ahead(async () => {
      for (let guess = 0; guess < 6; guess++)
        await test.call('POST', '/api/session', { email, password: 'guess' }, { cookie: '' })
    })
    const limited = await test.call('POST', '/api/session', { email, password }, { cookie: '' })
    const { params } = (limited.json as { error: { params: { seconds: number } } }).error
    expect(params.seconds).toBeLessThanOrEqual(300)
    await test.close()
  })

  it('leaves no session, proof, link or token that lasts so long', async () => {
    const test = await startApp()
    await test.setUp()
    // What Date.now says is not what the database's library takes for now: as that would have written it.
    const later = (ms: number) => new Date(Date.now() + year + ms).toISOString()
    const { db } = test.app
    const invited = { name: 'V', email: 'v@example.com', role: 'viewer' }
    await test.call('POST', '/api/invitations', invited)
    await test.call('POST', '/api/account/tokens', { name: 't', permissions: ['hosts.view'], hours: 1 })
    const session = {
      createdAt: later(0),
      updatedAt: later(0),
      provedAt: later(0),
      expiresAt: later(3_600_000),
    }
    await db.updateTable('session').set(session).execute()
    await db
      .updateTable('invitations')
      .set({ created_at: later(0), expires_at: later(3_600_000) })
      .execute()
    await db
      .updateTable('tokens')
      .set({ created_at: later(0), expires_at: later(3_600_000) })
      .execute()
    expect((await test.call('GET', '/api/session')).status).toBe(200)
    const rows = [
      ...(await db.selectFrom('session').select(['createdAt', 'provedAt', 'expiresAt']).execute()),
      ...(await db.selectFrom('invitations').select(['created_at', 'expires_at']).execute()),
      ...(await db.selectFrom('tokens').select(['created_at', 'expires_at']).execute()),
    ]
    expect(rows.length).toBe(3)
    for (const at of rows.flatMap((row) => Object.values(row)))
      expect(Date.parse(String(at))).toBeLessThan(Date.now() + 80 * 3_600_000)
    await test.close()
  })
})

it('undoes a set-up that a crash cut in the middle', async () => {
  const half = mkdtempSync(join(tmpdir(), 'roadstead-half-'))
  const first = await startApp({}, half)
  await first.setUp()
  await first.app.db.updateTable('settings').set({ value: 'begun' }).where('key', '=', 'setup_done').execute()
  await first.close()
  const second = await startApp({}, half)
  expect((await second.call('GET', '/api/setup')).json).toEqual({ needed: true })
  await second.setUp()
  expect((await second.call('GET', '/api/session')).status).toBe(200)
  await second.close()
  rmSync(half, { recursive: true, force: true })
})

it('knows which sessions are over', async () => {
  const test = await startApp()
  await test.setUp()
  const [session] = (await test.call('GET', '/api/account/sessions')).json as { id: string }[]
  const id = session?.id ?? ''
  expect(await test.app.identity.current([id, 'another'])).toEqual(new Set([id]))
  await test.app.db
    .updateTable('session')
    .set({ expiresAt: new Date(Date.now() - 1000).toISOString() })
    .where('id', '=', id)
    .execute()
  expect(await test.app.identity.current([id])).toEqual(new Set())
  await test.close()
})

it.each([
  ['8 h of silence', { expiresAt: -1 }],
  ['24 h, however busy', { createdAt: -24 * 3600 - 1 }],
] as [string, Record<string, number>][])('ends a session after %s, with its row', async (_name, seconds) => {
  const test = await startApp()
  await test.setUp()
  const at = (away: number) => new Date(Date.now() + away * 1000).toISOString()
  const before = Object.entries(seconds).map(([column, away]) => [column, at(away + 5)])
  await test.app.db.updateTable('session').set(Object.fromEntries(before)).execute()
  expect((await test.call('GET', '/api/session')).status).toBe(200)
  const after = Object.entries(seconds).map(([column, away]) => [column, at(away)])
  await test.app.db.updateTable('session').set(Object.fromEntries(after)).execute()
  expect((await test.call('GET', '/api/session')).status).toBe(401)
  expect(await test.app.db.selectFrom('session').select('id').execute()).toEqual([])
  await test.close()
})

it('gives each sign-in a session of its own, whatever cookie came with it', async () => {
  const test = await startApp()
  await test.setUp()
  const { email, password } = administrator
  const again = await test.call('POST', '/api/session', { email, password })
  const cookie = cookieOf(again.headers)
  expect(cookie).not.toBe(test.cookie)
  expect((await test.call('GET', '/api/session', undefined, { cookie })).status).toBe(200)
  const forged = { cookie: test.cookie.replace(/=./, '=!') }
  expect((await test.call('GET', '/api/session', undefined, forged)).status).toBe(401)
  await test.close()
})

describe('password', () => {
  it('changes with the current one only, and signs the others out', async () => {
    const test = await startApp()
    await test.setUp()
    const { email, password } = administrator
    const other = await test.call('POST', '/api/session', { email, password })
    const cookie = other.headers.getSetCookie()[0]?.split(';')[0] ?? ''
    const change = (currentPassword: string) =>
      test.call('POST', '/api/account/password', { currentPassword, newPassword: 'another good password' })
    expect(codeOf(await change('wrong'))).toBe('password_wrong')
    expect((await change(password)).status).toBe(204)
    expect((await fetch(`${test.origin}/api/session`, { headers: { cookie } })).status).toBe(401)
    expect((await test.call('GET', '/api/session')).status).toBe(200)
    expect(codeOf(await test.call('POST', '/api/session', { email, password }))).toBe('bad_credentials')
    await test.close()
  })
})

it.each([
  ['10.0.0.4', '10.0.0.4'],
  ['::ffff:10.0.0.4', '10.0.0.4'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::9', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
])('%s counts as %s', (address, expected) => {
  expect(network(address)).toBe(expected)
})
