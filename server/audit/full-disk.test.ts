import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import type { MadeToken } from '#lib/contracts/account.ts'
import { administrator, startApp } from '../testing/app-under-test.ts'
import { mayMount, mountSmallDisk } from '../testing/small-disk.ts'

const open: (() => unknown)[] = []
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close()
})

// Left out only for who is not root outside of CI, since mounting takes root (small-disk.ts); in CI it always runs.
it.skipIf(!mayMount)(
  'on a disk that is full the server is read by everybody and changed by nobody, until there is room',
  async () => {
    const disk = mountSmallDisk(8)
    open.push(() => disk.unmount())
    const data = join(disk.folder, 'data')
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
    disk.fill()
    const read = async () => {
      for (const path of ['/api/session', '/api/hosts', '/api/containers', '/api/audit', '/api/archives'])
        expect([path, (await test.call('GET', path)).status]).toEqual([path, 200])
      const bearer = { authorization: `Bearer ${token}`, cookie: '' }
      expect((await test.call('GET', '/api/hosts', undefined, bearer)).status).toBe(200)
    }
    await read()
    const change = () => test.call('POST', '/api/updates/check')
    await expect
      .poll(async () => (await change()).json, { interval: 1 })
      .toMatchObject({
        error: { code: 'audit_unavailable', message: expect.stringContaining('nothing is changed') },
      })
    const { email, password } = administrator
    const refused = await test.call('POST', '/api/session', { email, password })
    expect(refused.json).toMatchObject({ error: { code: 'data_folder_full' } })
    await read()
    disk.empty()
    expect((await change()).status).toBe(200)
    expect((await test.call('POST', '/api/session', { email, password })).status).toBe(200)
    expect(await test.app.audit.verify()).toMatchObject({ broken: null })
  },
)
