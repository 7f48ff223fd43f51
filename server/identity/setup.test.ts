import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { type AppUnderTest, administrator, cookieOf, startApp } from '../testing/app-under-test.ts'

const root = mkdtempSync(join(tmpdir(), 'roadstead-first-run-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const open: AppUnderTest[] = []
afterEach(async () => {
  for (const each of open.splice(0)) await each.close()
})
let folders = 0
async function start(folder = join(root, String(folders++))): Promise<AppUnderTest> {
  const test = await startApp({}, folder)
  open.push(test)
  return test
}
const close = async () => (open.pop() as AppUnderTest).close()

describe('the first run', () => {
  it('is nobody’s without the token of this start', async () => {
    const earlier = await start()
    const old = await earlier.app.setup.token()
    const folder = earlier.dataFolder
    await close()
    const test = await start(folder)
    expect(await test.app.setup.token()).not.toBe(old)
    const guesses = [
      '',
      ' ',
      'x',
      old,
      String(old).slice(0, -1),
      null,
      undefined,
      [await test.app.setup.token()],
      {},
    ]
    for (const token of guesses) {
      const answer = await test.call('POST', '/api/setup', { ...administrator, token })
      expect([400, 403]).toContain(answer.status)
      expect(answer.headers.getSetCookie()).toEqual([])
    }
    for (const header of ['authorization', 'x-setup-token', 'x-forwarded-user', 'x-middleware-subrequest'])
      expect((await test.call('POST', '/api/setup', administrator, { [header]: String(old) })).status).toBe(
        400,
      )
    expect(await test.app.identity.hasUsers()).toBe(false)
  })

  it('ends its guessing, also over a restart', async () => {
    const test = await start()
    const guess = () => test.call('POST', '/api/setup', { ...administrator, token: 'guess' })
    for (let index = 0; index < 5; index++) expect((await guess()).status).toBe(403)
    expect((await guess()).status).toBe(429)
    const folder = test.dataFolder
    await close()
    const again = await start(folder)
    expect((await again.call('POST', '/api/setup', { ...administrator, token: 'guess' })).status).toBe(429)
  })

  it('never comes again: not with a damaged database, not without its key, not with everybody deleted', async () => {
    const test = await start()
    await test.setUp()
    const folder = test.dataFolder
    await test.app.db.deleteFrom('user').execute()
    await close()
    const again = await start(folder)
    expect(await again.app.setup.needed()).toBe(false)
    expect(await again.app.setup.token()).toBeNull()
    await close()
    const path = join(folder, 'roadstead.db')
    const [whole, key] = [readFileSync(path), readFileSync(join(folder, 'secret.key'))]
    const damages: [string, () => void, RegExp][] = [
      [
        'its head overwritten',
        () => writeFileSync(path, Buffer.concat([Buffer.alloc(4096, 0x5a), whole.subarray(4096)])),
        /damaged/,
      ],
      ['cut in half', () => writeFileSync(path, whole.subarray(0, whole.length >> 1)), /damaged/],
      ['text', () => writeFileSync(path, 'hello'.repeat(9999)), /damaged/],
      [
        'another key',
        () => writeFileSync(join(folder, 'secret.key'), Buffer.alloc(32, 7).toString('base64')),
        /not the one/,
      ],
      ['no key', () => rmSync(join(folder, 'secret.key')), /is missing/],
    ]
    for (const [, damage, words] of damages) {
      writeFileSync(path, whole)
      writeFileSync(join(folder, 'secret.key'), key)
      damage()
      await expect(startApp({}, folder)).rejects.toThrow(words)
    }
    expect(existsSync(join(folder, 'secret.key'))).toBe(false)
  })
})

describe('a session', () => {
  it('is never one that was there before the sign-in', async () => {
    const test = await start()
    await test.setUp()
    const { email, password } = administrator
    const name = test.cookie.split('=')[0] as string
    const fixed = `${name}=${'A'.repeat(32)}.${encodeURIComponent(Buffer.alloc(32, 1).toString('base64'))}`
    for (const planted of [fixed, test.cookie]) {
      test.cookie = planted
      const answer = await test.call('POST', '/api/session', { email, password })
      expect(answer.status).toBe(200)
      expect(cookieOf(answer.headers)).not.toContain(planted.split('.')[0]?.split('=')[1])
    }
    test.cookie = fixed
    expect((await test.call('GET', '/api/session')).status).toBe(401)
  })

  it('is its id with our signature, not the id that the database has', async () => {
    const test = await start()
    await test.setUp()
    const [name, value = ''] = test.cookie.split('=')
    const [id] = decodeURIComponent(value).split('.')
    const row = await test.app.db.selectFrom('session').select('token').executeTakeFirstOrThrow()
    expect(row.token).toBe(id)
    expect((await test.call('GET', '/api/session')).status).toBe(200)
    for (const forged of [id, `${id}.`, `${id}.${Buffer.alloc(32).toString('base64')}`]) {
      test.cookie = `${name}=${encodeURIComponent(String(forged))}`
      expect((await test.call('GET', '/api/session')).status).toBe(401)
    }
  })

  it('is over for its old cookie after a sign-out, and for all of a person when the password is reset', async () => {
    const test = await start()
    await test.setUp()
    const { email, password } = administrator
    const old = test.cookie
    expect((await test.call('DELETE', '/api/session')).status).toBe(204)
    expect((await test.call('GET', '/api/session')).status).toBe(401)
    test.cookie = cookieOf((await test.call('POST', '/api/session', { email, password })).headers)
    expect(test.cookie).not.toBe(old)
    expect((await test.call('GET', '/api/session', undefined, { cookie: old })).status).toBe(401)
  })
})
