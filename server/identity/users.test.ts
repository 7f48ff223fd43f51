import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { closeCodes } from '#lib/close-codes.ts'
import type { MadeToken } from '#lib/contracts/account.ts'
import type { MadeLink, People } from '#lib/contracts/users.ts'
import type { Role } from '#lib/permissions.ts'
import { type AppUnderTest, administrator, cookieOf, startApp } from '../testing/app-under-test.ts'

const password = 'a long enough password'
let test: AppUnderTest
beforeEach(async () => {
  test = await startApp()
  await test.setUp()
})
afterEach(() => test.close())

type Answer = Awaited<ReturnType<AppUnderTest['call']>>
const codeOf = (answer: Answer) => (answer.json as { error?: { code: string } } | undefined)?.error?.code
const tokenOf = (answer: Answer) => new URL((answer.json as MadeLink).url).hash.slice(1)
const people = async () => (await test.call('GET', '/api/users')).json as People
const idOf = async (email: string) => (await people()).users.find((user) => user.email === email)?.id ?? ''
/** A request as somebody else, or as nobody. */
const as = (cookie: string, method: string, path: string, body?: unknown) =>
  test.call(method, path, body, { cookie })
const invite = (email: string, role: Role) =>
  test.call('POST', '/api/invitations', { name: email.split('@')[0], email, role })

/** Invites, joins and gives what signs them in. */
async function join(email: string, role: Role): Promise<{ id: string; cookie: string }> {
  const answer = await as('', 'POST', '/api/join', { token: tokenOf(await invite(email, role)), password })
  expect(answer.status).toBe(200)
  return { id: await idOf(email), cookie: cookieOf(answer.headers) }
}

describe('an invitation', () => {
  it('makes the person it was made for, once, and is kept as a hash', async () => {
    const made = await invite('Vera@Example.com', 'viewer')
    const { url } = made.json as MadeLink
    expect(url).toMatch(new RegExp(`^${test.origin}/join#[\\w-]{43}$`))
    const token = tokenOf(made)
    expect(JSON.stringify(await people())).not.toContain(token)
    const rows = await test.app.db.selectFrom('invitations').selectAll().execute()
    expect(JSON.stringify(rows)).not.toContain(token)
    expect((await as('', 'POST', '/api/join/look', { token })).json).toEqual({
      purpose: 'join',
      name: 'Vera',
      email: 'vera@example.com',
      role: 'viewer',
    })
    const joined = await as('', 'POST', '/api/join', { token, password })
    expect(joined.json).toMatchObject({ user: { email: 'vera@example.com', role: 'viewer' } })
    const cookie = cookieOf(joined.headers)
    expect((await as(cookie, 'GET', '/api/session')).status).toBe(200)
    expect(codeOf(await as('', 'POST', '/api/join', { token, password }))).toBe('link_invalid')
    expect((await people()).invitations).toEqual([])
    expect((await people()).users.find(({ name }) => name === 'Vera')).toMatchObject({
      role: 'viewer',
      state: 'active',
      sessions: 1,
      tokens: 0,
      self: false,
      lastSignInAt: expect.any(String),
    })
  })

  it('is used once by two at the same moment', async () => {
    const token = tokenOf(await invite('v@example.com', 'viewer'))
    const answers = await Promise.all([1, 2, 3].map(() => as('', 'POST', '/api/join', { token, password })))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 410, 410])
    expect((await people()).users).toHaveLength(2)
  })

  it.each([
    ['older than 72 hours', { expires_at: new Date(Date.now() - 1000).toISOString() }],
    ['whose hash is another', { hash: '0'.repeat(64) }],
  ])('%s is not taken', async (_name, changed) => {
    const token = tokenOf(await invite('v@example.com', 'viewer'))
    await test.app.db.updateTable('invitations').set(changed).execute()
    expect(codeOf(await as('', 'POST', '/api/join', { token, password }))).toBe('link_invalid')
    expect(codeOf(await as('', 'POST', '/api/join/look', { token }))).toBe('link_invalid')
  })

  it('ends when it is taken back, replaced, or its maker loses their rights', async () => {
    const replaced = tokenOf(await invite('a@example.com', 'viewer'))
    const again = tokenOf(await invite('a@example.com', 'operator'))
    const { invitations } = await people()
    expect(invitations).toHaveLength(1)
    expect(codeOf(await as('', 'POST', '/api/join/look', { token: replaced }))).toBe('link_invalid')
    const path = `/api/invitations/${invitations[0]?.id}`
    expect((await test.call('DELETE', path)).status).toBe(204)
    expect(codeOf(await test.call('DELETE', path))).toBe('invitation_not_found')
    expect(codeOf(await as('', 'POST', '/api/join', { token: again, password }))).toBe('link_invalid')
    const other = await join('b@example.com', 'administrator')
    const theirs = await as(other.cookie, 'POST', '/api/invitations', {
      name: 'Back door',
      email: 'c@example.com',
      role: 'administrator',
    })
    await test.call('PATCH', `/api/users/${other.id}`, { role: 'viewer' })
    expect(codeOf(await as('', 'POST', '/api/join', { token: tokenOf(theirs), password }))).toBe(
      'link_invalid',
    )
  })

  it('is refused for an address that has an account, and a failed use can be tried again', async () => {
    expect(codeOf(await invite(administrator.email.toUpperCase(), 'viewer'))).toBe('email_taken')
    const token = tokenOf(await invite('v@example.com', 'viewer'))
    expect(codeOf(await as('', 'POST', '/api/join', { token, password: 'short' }))).toBe('invalid_input')
    expect((await as('', 'POST', '/api/join', { token, password })).status).toBe(200)
  })

  it('cannot be guessed at without end, and nobody else is locked out by the guesses', async () => {
    const token = tokenOf(await invite('v@example.com', 'viewer'))
    const guesses = Array.from({ length: 30 }, (_, index) =>
      as('', 'POST', '/api/join/look', { token: `guess ${index}` }),
    )
    const codes = (await Promise.all(guesses)).map(codeOf)
    expect(codes.filter((code) => code === 'link_invalid').length).toBeLessThanOrEqual(20)
    expect(codes).toContain('login_limited')
    await test.app.db.deleteFrom('login_failures').where('bucket', 'like', 'address:%').execute()
    expect((await as('', 'POST', '/api/join', { token, password })).status).toBe(200)
  })

  it('stands below ROADSTEAD_URL, whatever name of ours was asked', async () => {
    const proxied = await startApp({ ROADSTEAD_URL: 'http://ops.example/roadstead' })
    const call = async (path: string, body: unknown, cookie = '') => {
      const headers = { cookie, origin: proxied.origin, 'content-type': 'application/json' }
      return fetch(`${proxied.origin}/roadstead${path}`, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      })
    }
    const token = await proxied.app.setup.token()
    const cookie = cookieOf((await call('/api/setup', { ...administrator, token })).headers)
    const input = { name: 'V', email: 'v@example.com', role: 'viewer' }
    const { url } = (await (await call('/api/invitations', input, cookie)).json()) as MadeLink
    expect(url).toMatch(/^http:\/\/ops\.example\/roadstead\/join#[\w-]{43}$/)
    await proxied.close()
  })
})

describe('who may what', () => {
  it('only administrators see and change people, and no token of theirs changes any', async () => {
    const operator = await join('o@example.com', 'operator')
    for (const [method, path] of [
      ['GET', '/api/users'],
      ['POST', '/api/invitations'],
      ['PATCH', `/api/users/${operator.id}`],
      ['DELETE', `/api/users/${operator.id}`],
      ['POST', `/api/users/${operator.id}/reset`],
    ] as const) {
      expect((await as(operator.cookie, method, path)).status, `${method} ${path}`).toBe(403)
      expect((await as('', method, path)).status).toBe(401)
    }
    const made = await test.call('POST', '/api/account/tokens', {
      name: 't',
      permissions: ['users.view'],
      hours: 1,
    })
    const { token } = made.json as MadeToken
    const authorization = `Bearer ${token}`
    expect((await test.call('GET', '/api/users', undefined, { cookie: '', authorization })).status).toBe(200)
    await test.app.db.updateTable('tokens').set({ permissions: '["users.edit"]' }).execute()
    const body = { name: 'x', email: 'x@example.com', role: 'viewer' }
    const refused = await test.call('POST', '/api/invitations', body, { cookie: '', authorization })
    expect(codeOf(refused)).toBe('denied')
  })

  it('nobody changes their own role', async () => {
    await join('second@example.com', 'administrator')
    const own = await idOf(administrator.email)
    expect(codeOf(await test.call('PATCH', `/api/users/${own}`, { role: 'viewer' }))).toBe('own_role')
    expect((await test.call('GET', '/api/users')).status).toBe(200)
  })

  it.each([{}, { role: 'viewer', disabled: true }, { role: 'root' }, { name: 'x' }])(
    'a change %j is refused',
    async (body) => {
      const viewer = await join('v@example.com', 'viewer')
      expect(codeOf(await test.call('PATCH', `/api/users/${viewer.id}`, body))).toBe('invalid_input')
    },
  )
})

describe('the last administrator', () => {
  it('can neither be disabled nor removed; one who is disabled does not count', async () => {
    const own = await idOf(administrator.email)
    const other = await join('b@example.com', 'administrator')
    expect((await test.call('PATCH', `/api/users/${other.id}`, { disabled: true })).status).toBe(204)
    expect((await people()).users.find(({ self }) => self)?.lastAdministrator).toBe(true)
    const path = `/api/users/${own}`
    expect(codeOf(await test.call('PATCH', path, { disabled: true }))).toBe('last_administrator')
    expect(codeOf(await test.call('DELETE', path))).toBe('last_administrator')
    expect(codeOf(await test.call('DELETE', '/api/users/nobody'))).toBe('user_not_found')
    expect(codeOf(await test.call('DELETE', '/api/users/nobody/second-factor'))).toBe('user_not_found')
    expect((await test.call('DELETE', `/api/users/${other.id}`)).status).toBe(204)
  })

  it.each([
    ['DELETE', undefined],
    ['PATCH', { disabled: true }],
    ['PATCH', { role: 'viewer' }],
  ])('is left when two act on each other at once: %s %j', async (method, body) => {
    const [own, other] = [await idOf(administrator.email), await join('b@example.com', 'administrator')]
    await Promise.all([
      test.call(method, `/api/users/${other.id}`, body),
      as(other.cookie, method, `/api/users/${own}`, body),
    ])
    const left = await test.app.db
      .selectFrom('user')
      .select('id')
      .where('role', '=', 'administrator')
      .where('disabledAt', 'is', null)
      .execute()
    expect(left).toHaveLength(1)
  })
})

describe('a reset', () => {
  it('sets the password, and ends every session and token of the person when it is used', async () => {
    const viewer = await join('v@example.com', 'viewer')
    const made = await as(viewer.cookie, 'POST', '/api/account/tokens', {
      name: 't',
      permissions: ['hosts.view'],
      hours: 1,
    })
    const authorization = `Bearer ${(made.json as MadeToken).token}`
    const token = tokenOf(await test.call('POST', `/api/users/${viewer.id}/reset`))
    expect((await people()).users.find(({ id }) => id === viewer.id)).toMatchObject({
      tokens: 1,
      sessions: 1,
      reset: { expiresAt: expect.any(String) },
    })
    expect((await as(viewer.cookie, 'GET', '/api/hosts')).status).toBe(200)
    const next = 'another long password'
    // Five wrong passwords by somebody else do not stand in the way.
    for (let guess = 0; guess < 6; guess++)
      await as('', 'POST', '/api/session', { email: 'v@example.com', password: 'guess' })
    const used = await as('', 'POST', '/api/join', { token, password: next })
    expect(used.json).toMatchObject({ user: { id: viewer.id } })
    expect((await as(viewer.cookie, 'GET', '/api/hosts')).status).toBe(401)
    const byToken = await test.call('GET', '/api/hosts', undefined, { cookie: '', authorization })
    expect(byToken.status).toBe(401)
    await test.app.db.deleteFrom('login_failures').execute()
    const signIn = (word: string) =>
      as('', 'POST', '/api/session', { email: 'v@example.com', password: word })
    expect(codeOf(await signIn(password))).toBe('bad_credentials')
    expect((await signIn(next)).status).toBe(200)
  })

  it('leaves no session of the old password, however the two meet', async () => {
    const viewer = await join('v@example.com', 'viewer')
    const token = tokenOf(await test.call('POST', `/api/users/${viewer.id}/reset`))
    const [, ...old] = await Promise.all([
      as('', 'POST', '/api/join', { token, password: 'another long password' }),
      ...[1, 2, 3].map(() => as('', 'POST', '/api/session', { email: 'v@example.com', password })),
    ])
    for (const answer of old) {
      const cookie = cookieOf(answer.headers)
      if (cookie) expect((await as(cookie, 'GET', '/api/session')).status).toBe(401)
    }
  })
})

describe('rights that end', () => {
  const open = async (cookie: string) => {
    const { origin } = test
    const socket = new WebSocket(`${origin.replace('http', 'ws')}/api/live`, { headers: { cookie, origin } })
    const closed = new Promise<number>((resolve) => socket.once('close', resolve))
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
    return { socket, closed }
  }

  it.each([
    ['the role changes', (id: string) => test.call('PATCH', `/api/users/${id}`, { role: 'operator' })],
    ['they are disabled', (id: string) => test.call('PATCH', `/api/users/${id}`, { disabled: true })],
    ['they are removed', (id: string) => test.call('DELETE', `/api/users/${id}`)],
  ])('sign out at once when %s', async (_name, act) => {
    const viewer = await join('v@example.com', 'viewer')
    const { closed } = await open(viewer.cookie)
    expect((await act(viewer.id)).status).toBe(204)
    expect(await closed).toBe(closeCodes.signedOut)
    expect((await as(viewer.cookie, 'GET', '/api/session')).status).toBe(401)
  })

  it('a sign-out is answered and ends the sockets of that session alone', async () => {
    const viewer = await join('v@example.com', 'viewer')
    const again = await as('', 'POST', '/api/session', { email: 'v@example.com', password })
    const [one, two] = [await open(viewer.cookie), await open(cookieOf(again.headers))]
    expect((await as(viewer.cookie, 'DELETE', '/api/session')).status).toBe(204)
    expect(await one.closed).toBe(closeCodes.signedOut)
    expect(two.socket.readyState).toBe(WebSocket.OPEN)
    two.socket.terminate()
  })

  it('a disabled person cannot sign in and their tokens rest; enabled, both are back', async () => {
    const viewer = await join('v@example.com', 'viewer')
    const made = await as(viewer.cookie, 'POST', '/api/account/tokens', {
      name: 't',
      permissions: ['hosts.view'],
      hours: 1,
    })
    const authorization = `Bearer ${(made.json as MadeToken).token}`
    const byToken = () => test.call('GET', '/api/hosts', undefined, { cookie: '', authorization })
    const signIn = (word: string) =>
      as('', 'POST', '/api/session', { email: 'v@example.com', password: word })
    await test.call('PATCH', `/api/users/${viewer.id}`, { disabled: true })
    expect((await byToken()).status).toBe(401)
    expect(codeOf(await signIn(password))).toBe('account_disabled')
    expect(codeOf(await signIn('something else'))).toBe('bad_credentials')
    expect((await people()).users.find(({ id }) => id === viewer.id)).toMatchObject({
      state: 'disabled',
      sessions: 0,
    })
    expect(codeOf(await test.call('POST', `/api/users/${viewer.id}/reset`))).toBe('account_disabled')
    await test.call('PATCH', `/api/users/${viewer.id}`, { disabled: false })
    expect((await byToken()).status).toBe(200)
    expect((await signIn(password)).status).toBe(200)
    await test.call('DELETE', `/api/users/${viewer.id}`)
    expect((await byToken()).status).toBe(401)
    expect(await test.app.db.selectFrom('tokens').selectAll().execute()).toEqual([])
  })

  it('a request whose body comes after the end is not carried out', async () => {
    const other = await join('b@example.com', 'administrator')
    let finish = () => {}
    const body = new ReadableStream({
      start(controller) {
        const encoder = new TextEncoder()
        controller.enqueue(encoder.encode('{"name":"x","email":"x@example.com",'))
        finish = () => {
          controller.enqueue(encoder.encode('"role":"viewer"}'))
          controller.close()
        }
      },
    })
    const { origin } = test
    const slow = fetch(`${origin}/api/invitations`, {
      method: 'POST',
      body,
      duplex: 'half',
      headers: { origin, cookie: other.cookie, 'content-type': 'application/json' },
    } as RequestInit).then(
      (answer) => answer.status,
      () => 'cut',
    )
    await new Promise((resolve) => setTimeout(resolve, 200))
    await test.call('PATCH', `/api/users/${other.id}`, { disabled: true })
    finish()
    expect([401, 'cut']).toContain(await slow)
    expect((await people()).invitations).toEqual([])
  })
})
