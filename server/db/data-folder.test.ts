import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, describe, expect, it } from 'vitest'
import { type AppUnderTest, startApp } from '../testing/app-under-test.ts'
import { mayMount, mountSmallDisk } from '../testing/small-disk.ts'
import { prepareDataFolder } from './data-folder.ts'

const open: AppUnderTest[] = []
afterAll(() => Promise.all(open.map((test) => test.close())))
const folder = () => mkdtempSync(join(tmpdir(), 'roadstead-test-'))
async function started(dataFolder: string): Promise<AppUnderTest> {
  const test = await startApp({}, dataFolder)
  open.push(test)
  return test
}
async function used(): Promise<string> {
  const path = folder()
  const test = await startApp({}, path)
  await test.setUp()
  await test.close()
  return path
}
/** The real entry, which is to end by itself. */
const start = (path: string) => {
  const { status, stderr } = spawnSync(process.execPath, ['server/index.ts', '--dev'], {
    env: {
      PATH: process.env.PATH,
      NODE_ENV: 'test',
      ROADSTEAD_LOG: 'silent',
      ROADSTEAD_DATA: path,
      ROADSTEAD_PORT: '0',
    } as NodeJS.ProcessEnv,
    encoding: 'utf8',
    timeout: 60_000,
  })
  return { status, stderr }
}

describe('a folder with anything of an installation is never taken for new', () => {
  it('and its files stay: a database that is missing, or empty', async () => {
    const path = await used()
    writeFileSync(join(path, 'archives', 'kept'), 'bytes')
    const database = join(path, 'roadstead.db')
    rmSync(database)
    for (const words of [/missing/, /empty/]) {
      await expect(startApp({}, path)).rejects.toThrow(words)
      await expect(startApp({}, path)).rejects.toThrow(/secret\.key.*no new installation/s)
      writeFileSync(database, '')
    }
    expect(readdirSync(join(path, 'archives'))).toEqual(['kept'])
    expect(statSync(database).size).toBe(0)
  })

  it.each(['secret.key', 'roadstead.lock', 'roadstead.db-wal', 'archives/a'])(
    '%s alone is a trace',
    (name) => {
      const path = folder()
      mkdirSync(join(path, 'archives'))
      writeFileSync(join(path, name), 'x')
      expect(() => prepareDataFolder(path)).toThrow(name.split('/')[0])
    },
  )

  it('but a folder of nothing is, one with a key of no bytes, and one whose first start was cut', () => {
    const path = folder()
    expect(prepareDataFolder(path)).toEqual({ databaseExists: false })
    writeFileSync(join(path, 'secret.key'), '')
    expect(prepareDataFolder(path)).toEqual({ databaseExists: false })
    writeFileSync(join(path, '.first-start'), '')
    writeFileSync(join(path, 'secret.key'), 'x')
    writeFileSync(join(path, 'roadstead.lock'), '')
    expect(prepareDataFolder(path)).toEqual({ databaseExists: false })
  })
})

it('a database of a newer version, or with bytes of something else, is named as what it is', async () => {
  const path = await used()
  const database = join(path, 'roadstead.db')
  const raw = new DatabaseSync(database)
  raw.prepare("insert into kysely_migration (name, timestamp) values ('999-later', '2030')").run()
  raw.close()
  await expect(startApp({}, path)).rejects.toThrow(/newer Roadstead.*999-later/s)
  writeFileSync(database, Buffer.alloc(8192, 'no database '))
  await expect(startApp({}, path)).rejects.toThrow(/is damaged or unreadable .*Restore it from a backup/s)
})

it('a row of a host that is damaged costs that host alone', async () => {
  const path = await used()
  const raw = new DatabaseSync(join(path, 'roadstead.db'))
  const insert = raw.prepare(
    "insert into hosts (id, name, tags, transport, secrets, paused, created_at, updated_at) values (?, ?, '[]', ?, ?, 1, '2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z')",
  )
  const transport = '{"kind":"unix","socketPath":"/run/x.sock"}'
  insert.run('hgood', 'good', transport, null)
  insert.run('hjson', 'json', '{"kind":"un', null)
  insert.run('hkind', 'kind', '{"kind":"carrier-pigeon"}', null)
  insert.run('hsealed', 'sealed', transport, 'nonsense')
  raw.prepare("insert into archives (id, document) values ('abad', '{')").run()
  raw.close()
  const test = await started(path)
  expect(test.app.hosts.registry.list().map(({ name }) => name)).toEqual(['good'])
})

it('a folder that is moved away while it runs is noticed: no change is taken, health is red, and it heals', async () => {
  const path = folder()
  const test = await started(path)
  await test.setUp()
  const health = async () => {
    const { status, json } = await test.call('GET', '/api/health')
    return [status, (json as { error?: { code: string } } | undefined)?.error?.code]
  }
  const ready = async () => (await test.call('GET', '/api/ready')).status
  expect(await health()).toEqual([200, undefined])
  expect(await ready()).toBe(200)
  renameSync(path, `${path}.away`)
  await expect.poll(health, { timeout: 10_000 }).toEqual([503, 'data_folder_gone'])
  const input = { name: 'lost', transport: { kind: 'unix', socketPath: '/run/none.sock' } }
  expect(await test.call('POST', '/api/hosts', input)).toMatchObject({
    status: 503,
    json: { error: { code: 'data_folder_gone' } },
  })
  expect((await test.call('GET', '/api/hosts')).status).toBe(200)
  expect(await ready()).toBe(503)
  renameSync(`${path}.away`, path)
  await expect.poll(health, { timeout: 10_000 }).toEqual([200, undefined])
})

describe.runIf(mayMount)('a full disk', () => {
  it('is named at the start over a healthy database, which needs no backup', async () => {
    const disk = mountSmallDisk(16)
    try {
      const path = join(disk.folder, 'data')
      const test = await startApp({}, path)
      await test.setUp()
      await test.close()
      disk.fill()
      const { status, stderr } = start(path)
      expect(status).toBe(1)
      expect(stderr).toMatch(/full|ENOSPC/i)
      expect(stderr).not.toMatch(/backup/)
      disk.empty()
      const again = await startApp({}, path)
      expect(await again.app.setup.needed()).toBe(false)
      await again.close()
    } finally {
      disk.unmount()
    }
  })

  it('is told by liveness, which a restart would not mend, and fails readiness', async () => {
    const disk = mountSmallDisk(16)
    try {
      const test = await startApp({}, join(disk.folder, 'data'))
      const answer = async (path: string) => {
        const { status, json } = await test.call('GET', path)
        return { status, ...(json as object) }
      }
      expect(await answer('/api/ready')).toEqual({ status: 200, ok: true })
      disk.fill()
      const health = () => answer('/api/health')
      await expect.poll(health).toEqual({ status: 200, ok: true, fault: 'data_folder_full' })
      expect(await answer('/api/ready')).toMatchObject({ status: 507, error: { code: 'data_folder_full' } })
      disk.empty()
      await expect.poll(health).toEqual({ status: 200, ok: true, fault: null })
      await test.close()
    } finally {
      disk.unmount()
    }
  })

  it('at the very first start leaves nothing that a later one stumbles over', async () => {
    const disk = mountSmallDisk(4)
    try {
      const path = join(disk.folder, 'data')
      mkdirSync(path)
      disk.fill()
      expect(start(path).status).toBe(1)
      expect(existsSync(join(path, 'secret.key'))).toBe(false)
      disk.empty()
      const test = await startApp({}, path)
      expect(await test.app.setup.needed()).toBe(true)
      await test.close()
    } finally {
      disk.unmount()
    }
  })
})
