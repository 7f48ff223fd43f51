import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import type { MadeToken } from '#lib/contracts/account.ts'
import { administrator, startApp } from '../testing/app-under-test.ts'

const open: (() => unknown)[] = []
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close()
})

/** A disk of 8 MB of its own; null where this is not allowed. */
function mountDisk(): string | null {
  const disk = mkdtempSync(join(tmpdir(), 'roadstead-full-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', disk], { stdio: 'ignore' })
  } catch {
    rmSync(disk, { recursive: true })
    return null
  }
  open.push(() => {
    execFileSync('umount', [disk])
    rmSync(disk, { recursive: true })
  })
  return disk
}

it('on a disk that is full the server is read by everybody and changed by nobody, until there is room', async (context) => {
  const disk = mountDisk()
  if (disk === null) return context.skip()
  const data = join(disk, 'data')
  mkdirSync(data)
  const test = await startApp({}, data)
  open.push(() => test.close())
  await test.setUp()
  const input = { name: 'scripts', permissions: ['hosts.view'], hours: 1 }
  const { token } = (await test.call('POST', '/api/account/tokens', input)).json as MadeToken
  // A session whose use would be noted at its next request.
  const hour = 3_600_000
  const at = (ms: number) => new Date(Date.now() + ms).toISOString()
  await test.app.db
    .updateTable('session')
    .set({ expiresAt: at(7 * hour), updatedAt: at(-hour) })
    .execute()
  const filler = join(disk, 'filler')
  for (let bytes = 16 * 1024 * 1024; bytes >= 512; ) {
    try {
      writeFileSync(filler, Buffer.alloc(bytes), { flag: 'a' })
    } catch {
      bytes /= 2
    }
  }
  const read = async () => {
    for (const path of ['/api/session', '/api/hosts', '/api/containers', '/api/audit', '/api/archives'])
      expect([path, (await test.call('GET', path)).status]).toEqual([path, 200])
    const bearer = { authorization: `Bearer ${token}`, cookie: '' }
    expect((await test.call('GET', '/api/hosts', undefined, bearer)).status).toBe(200)
  }
  await read()
  const change = () => test.call('POST', '/api/updates/check')
  await expect
    .poll(async () => (await change()).json, { timeout: 10_000, interval: 1 })
    .toMatchObject({
      error: { code: 'audit_unavailable', message: expect.stringContaining('nothing is changed') },
    })
  const { email, password } = administrator
  const refused = await test.call('POST', '/api/session', { email, password })
  expect(refused.json).toMatchObject({ error: { code: 'data_folder_full' } })
  await read()
  rmSync(filler)
  expect((await change()).status).toBe(200)
  expect((await test.call('POST', '/api/session', { email, password })).status).toBe(200)
  expect(await test.app.audit.verify()).toMatchObject({ broken: null })
})
