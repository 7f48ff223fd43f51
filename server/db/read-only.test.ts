import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sql } from 'kysely'
import pino from 'pino'
import { afterAll, expect, it } from 'vitest'
import { createApp } from '../app.ts'
import { readConfig } from '../config.ts'
import { administrator, startApp } from '../testing/app-under-test.ts'
import { mayMount, mountSmallDisk } from '../testing/small-disk.ts'

const folder = mkdtempSync(join(tmpdir(), 'roadstead-read-only-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

// Left out only for who is not root outside of CI, since mounting takes root (small-disk.ts); in CI it always runs.
it.skipIf(!mayMount)('a start over a read-only file system says so, and changes nothing', async () => {
  const disk = mountSmallDisk(16)
  const remount = (how: 'ro' | 'rw') => execFileSync('mount', ['-o', `remount,${how}`, disk.folder])
  try {
    const path = join(disk.folder, 'data')
    const test = await startApp({}, path)
    await test.setUp()
    await test.close()
    remount('ro')
    const environment = {
      PATH: process.env.PATH,
      NODE_ENV: 'test',
      ROADSTEAD_DATA: path,
      ROADSTEAD_PORT: '0',
    }
    const { status, stderr } = spawnSync(process.execPath, ['server/index.ts', '--dev'], {
      env: environment as NodeJS.ProcessEnv,
      encoding: 'utf8',
    })
    expect([status, stderr.trim().split('\n').length]).toEqual([1, 1])
    expect(stderr).toMatch(/read-only|read-write/)
    expect(stderr).not.toMatch(/backup/)
    remount('rw')
    const again = await startApp({}, path)
    expect(await again.app.setup.needed()).toBe(false)
    await again.close()
  } finally {
    disk.unmount()
  }
})

it('a database that takes no writes any more is named in answers, and reads go on', async () => {
  const test = await startApp({}, join(folder, 'running'))
  try {
    await test.setUp()
    // What SQLite says of a file system that turned read-only below it (sqlite.org/rescode.html#readonly).
    await sql`pragma query_only = 1`.execute(test.app.db)
    const { email, password } = administrator
    expect(await test.call('POST', '/api/session', { email, password })).toMatchObject({
      status: 507,
      json: { error: { code: 'data_folder_read_only' } },
    })
    expect((await test.call('GET', '/api/hosts')).status).toBe(200)
    await sql`pragma query_only = 0`.execute(test.app.db)
    expect((await test.call('POST', '/api/session', { email, password })).status).toBe(200)
  } finally {
    await test.close()
  }
})

// Windows has no such modes.
it.skipIf(process.platform === 'win32')(
  'a key file that others may read is warned of at the start',
  async () => {
    const path = join(folder, 'key')
    const said: string[] = []
    const config = readConfig({ NODE_ENV: 'test', ROADSTEAD_PORT: '0', ROADSTEAD_DATA: path })
    const log = pino({ level: 'warn' }, { write: (line: string) => void said.push(line) })
    const start = async () => {
      said.length = 0
      await (await createApp(config, log, { pages: false })).close()
      return said.filter((line) => line.includes('chmod 600'))
    }
    expect(await start()).toEqual([])
    chmodSync(join(path, 'secret.key'), 0o644)
    expect(await start()).toEqual([expect.stringContaining(join(path, 'secret.key'))])
  },
)
