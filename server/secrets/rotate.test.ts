import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import type { EngineAddressAnswer, MadeCertificate } from '#lib/contracts/engine-addresses.ts'
import type { Host, TransportInput } from '#lib/contracts/hosts.ts'
import { readConfig } from '../config.ts'
import { openStore, type Store } from '../db/store.ts'
import { createRegistryRepository } from '../features/registries/repository.ts'
import { createHostRepository } from '../fleet/host-repository.ts'
import { createSecondFactors } from '../identity/second-factors.ts'
import { administrator, cookieOf, startApp } from '../testing/app-under-test.ts'
import { startRecordingEngine } from '../testing/recording-engine.ts'
import { openVault } from './data-key.ts'
import { deriveKey, placeOf, seal } from './envelope.ts'
import { readKey } from './key-file.ts'
import { rotateKey } from './rotate.ts'
import type { Vault } from './vault.ts'

const run = promisify(execFile)
const root = mkdtempSync(join(tmpdir(), 'roadstead-keys-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const open: Store[] = []
afterEach(async () => {
  for (const each of open.splice(0)) await each.close()
})

let folders = 0
function newFolder(): string {
  const folder = join(root, String(folders++))
  mkdirSync(folder)
  return folder
}
const configOf = (folder: string, more: Record<string, string> = {}) =>
  readConfig({ ROADSTEAD_DATA: folder, NODE_ENV: 'test', ...more })

/** As a start does. */
async function openFolder(folder: string, more: Record<string, string> = {}) {
  const config = configOf(folder, more)
  const masterKey = readKey(config, existsSync(join(folder, 'roadstead.db')))
  const database = await openStore(folder)
  open.push(database)
  return { ...database, vault: await openVault(config, database.db, masterKey) }
}

const transport: TransportInput = {
  kind: 'ssh',
  host: 'a.example',
  port: 22,
  username: 'ops',
  auth: 'key',
  privateKey: 'canary-key',
  passphrase: 'canary-passphrase',
  hostKey: `SHA256:${'A'.repeat(43)}`,
}
const registry = { address: 'r.example', scheme: 'https', username: 'ci', password: 'canary-word' } as const

async function fill({ db, vault }: { db: Store['db']; vault: Vault }): Promise<void> {
  for (const name of ['web-1', 'v1.2', 'v2.k'])
    await createHostRepository(db, vault).insert({ name, tags: [], transport })
  await createRegistryRepository(db, vault).insert(registry)
  await createSecondFactors(db, vault).beginTotp('u1', 'ada@example.com')
}

async function expectWhole({ db, vault }: { db: Store['db']; vault: Vault }): Promise<void> {
  const hosts = await createHostRepository(db, vault).all()
  expect(hosts.map(({ name }) => name)).toEqual(['v1.2', 'v2.k', 'web-1'])
  for (const host of hosts) expect(host.transport).toEqual(transport)
  expect(await createRegistryRepository(db, vault).all()).toMatchObject([registry])
  const totp = await db.selectFrom('totp').select('secret').executeTakeFirstOrThrow()
  expect(vault.open(totp.secret, placeOf('totp', 'u1', 'secret'))).toMatch(/^[A-Z2-7]{32}$/)
}

async function filledFolder(more: Record<string, string> = {}): Promise<string> {
  const folder = newFolder()
  const opened = await openFolder(folder, more)
  await fill(opened)
  await (open.pop() as Store).close()
  return folder
}

const bytesOf = (folder: string) =>
  readdirSync(folder)
    .filter((name) => name.startsWith('roadstead.db'))
    .map((name) => readFileSync(join(folder, name), 'latin1'))
    .join('')
const keyOf = (folder: string) => readFileSync(join(folder, 'secret.key'), 'utf8')
const sealedIn = (folder: string) =>
  [...bytesOf(folder).matchAll(/(?:v2\.k\w{12}|w1)(?:\.[\w-]+){3}/g)].map(([text]) => text)

/** Milliseconds: these start many processes. */
const timeout = 120_000

describe('a rotation', { timeout }, () => {
  it('changes both keys and every envelope, and leaves nothing that the old key opens', async () => {
    const folder = await filledFolder()
    const [key, sealed] = [keyOf(folder), sealedIn(folder)]
    expect(new Set(sealed).size).toBe(6)
    expect(await rotateKey(configOf(folder))).toMatchObject({ values: 5 })
    expect(keyOf(folder)).not.toBe(key)
    expect(readdirSync(folder).filter((name) => name.startsWith('secret'))).toEqual(['secret.key'])
    const after = sealedIn(folder)
    expect(new Set(after).size).toBe(6)
    expect(after.filter((each) => sealed.includes(each))).toEqual([])
    await expectWhole(await openFolder(folder))
  })

  it('signs everybody out, changes what other keys derive from, and is on the audit log', async () => {
    const app = await startApp({}, newFolder())
    await app.setUp()
    await app.close()
    const before = await openFolder(app.dataFolder)
    const derived = before.vault.derive('sessions')
    await (open.pop() as Store).close()
    await rotateKey(configOf(app.dataFolder))
    const again = await startApp({}, app.dataFolder)
    again.cookie = app.cookie
    expect((await again.call('GET', '/api/session')).status).toBe(401)
    again.cookie = ''
    const { items } = await again.app.audit.search.page({ action: 'key.rotated' }, undefined, 9)
    expect(items).toHaveLength(1)
    await again.close()
    const third = await startApp({}, app.dataFolder)
    expect((await third.app.audit.search.page({ action: 'key.rotated' }, undefined, 9)).items).toHaveLength(1)
    await third.close()
    expect((await openFolder(app.dataFolder)).vault.derive('sessions')).not.toEqual(derived)
  })

  it('leaves clients of engine addresses their authority and certificates', async () => {
    const environment = {
      ROADSTEAD_ENGINES_DOMAIN: 'engines.test, 127.0.0.1',
      ROADSTEAD_ENGINES_PORT: '0',
    }
    const engine = await startRecordingEngine()
    const app = await startApp(environment, newFolder())
    await app.setUp()
    const host = (
      await app.call('POST', '/api/hosts', {
        name: 'web',
        transport: { kind: 'tcp', host: '127.0.0.1', port: engine.port },
      })
    ).json as Host
    const body = { name: 'docker', permissions: ['gateway.use', 'containers.view'], hours: 1 }
    const made = (await app.call('POST', `/api/account/certificates/${host.id}`, body))
      .json as MadeCertificate
    await app.close()
    const sealed = new Set(sealedIn(app.dataFolder))
    // The host has none: the authority and the data key.
    expect(sealed.size).toBe(2)
    expect(await rotateKey(configOf(app.dataFolder))).toMatchObject({ values: 1 })
    expect(sealedIn(app.dataFolder).filter((each) => sealed.has(each))).toEqual([])
    expect(bytesOf(app.dataFolder)).not.toContain('PRIVATE KEY')

    const again = await startApp(environment, app.dataFolder)
    const signedIn = await again.call('POST', '/api/session', {
      email: administrator.email,
      password: administrator.password,
    })
    again.cookie = cookieOf(signedIn.headers)
    const { address } = (await again.call('GET', `/api/hosts/${host.id}/engine-address`))
      .json as EngineAddressAnswer
    expect(address?.authority).toBe(made.authority)
    // What was trusted and made before is what comes in after, with nothing handed out anew.
    const own = { ca: made.authority, cert: made.certificate, key: made.key }
    const at = { host: '127.0.0.1', port: address?.port, path: '/v1.41/containers/json', agent: false }
    await expect
      .poll(async () => {
        const [answer] = await once(request({ ...at, ...own }).end(), 'response')
        answer.resume()
        return answer.statusCode
      })
      .toBe(200)
    await again.close()
    engine.close()
  })

  it('cut by a crash at any of its steps, it leaves a key that opens everything', async () => {
    const original = await filledFolder()
    const key = keyOf(original)
    const seen = { before: 0, after: 0, unfinished: 0 }
    let ended = false
    for (let step = 1; !ended; step += 3) {
      // Three at once: most of the time they start up.
      const results = await Promise.all(
        [step, step + 1, step + 2].map(async (each) => {
          const folder = newFolder()
          cpSync(original, folder, { recursive: true })
          const args = ['server/testing/killed-rotation.ts', String(each), folder]
          const failure = await run(process.execPath, args).then(
            () => null,
            (error: { signal?: string }) => error,
          )
          if (failure) expect(failure.signal).toBe('SIGKILL')
          return { folder, failure }
        }),
      )
      for (const { folder, failure } of results) {
        const left = readdirSync(folder).filter((name) => name.startsWith('secret'))
        if (left.length > 1) seen.unfinished++
        await expectWhole(await openFolder(folder))
        await (open.pop() as Store).close()
        expect(readdirSync(folder).filter((name) => name.startsWith('secret'))).toEqual(['secret.key'])
        if (keyOf(folder) === key) seen.before++
        else seen.after++
        ended ||= failure === null
      }
      expect(step).toBeLessThan(60)
    }
    // Both sides of the transaction were met, and files that the next start had to put right.
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(1)
  })

  it('changes nothing when something does not open, or is sealed where no rotation finds it', async () => {
    const faults = [
      [
        "update hosts set secrets = (select secrets from hosts where name = 'v1.2') where name = 'web-1'",
        /hosts\.h\w+\.secrets does not open/,
      ],
      [`update hosts set tags = '["' || secrets || '"]' where name = 'web-1'`, /hosts\.tags/],
    ] as const
    for (const [statement, words] of faults) {
      const folder = await filledFolder()
      const database = new DatabaseSync(join(folder, 'roadstead.db'))
      database.exec(statement)
      const rows = () => database.prepare('select id, secrets from hosts order by id').all()
      const [before, key] = [rows(), keyOf(folder)]
      await expect(rotateKey(configOf(folder))).rejects.toThrow(words)
      expect([keyOf(folder), rows()]).toEqual([key, before])
      database.close()
    }
  })

  it('is refused while a server runs, and so is a second server', async () => {
    const app = await startApp({}, newFolder())
    await expect(rotateKey(configOf(app.dataFolder))).rejects.toThrow(/Another Roadstead is using/)
    await expect(startApp({}, app.dataFolder)).rejects.toThrow(/Another Roadstead is using/)
    await app.close()
  })
})

describe('with a key of the operator’s', { timeout }, () => {
  const command = (folder: string, environment: Record<string, string>, ...args: string[]) =>
    run(process.execPath, ['scripts/rotate-key.ts', ...args], {
      env: {
        PATH: process.env.PATH,
        NODE_ENV: 'test',
        ROADSTEAD_DATA: folder,
        ...environment,
      } as NodeJS.ProcessEnv,
    }).then(
      ({ stdout }) => stdout,
      (error: { stderr: string }) => error.stderr,
    )

  it('the command makes the new one where it is told to, and says what to do', async () => {
    const files = mkdtempSync(join(root, 'operator-'))
    const [file, next] = [join(files, 'key'), join(files, 'next')]
    writeFileSync(file, randomBytes(32).toString('hex'))
    const environment = { ROADSTEAD_KEY_FILE: file }
    const folder = await filledFolder(environment)
    expect(await command(folder, environment)).toContain('--new-key FILE')
    expect(await command(folder, environment, '--new-key', file)).toContain('holds the old key')
    expect(await command(folder, environment, '--new-key', next)).toContain(`mv ${next} ${file}`)
    expect(existsSync(join(folder, 'secret.key'))).toBe(false)
    await expect(openFolder(folder, environment)).rejects.toThrow(/not the one this database was sealed with/)
    await (open.pop() as Store).close()
    expect(await command(folder, environment, '--new-key', next)).toContain('already')
    await expectWhole(await openFolder(folder, { ROADSTEAD_KEY_FILE: next }))
  })

  it('takes a new one that is there, and refuses what is none or not the old one', async () => {
    const next = join(root, 'given')
    const key = randomBytes(32).toString('base64')
    const folder = await filledFolder({ ROADSTEAD_KEY: key })
    writeFileSync(next, 'short')
    expect(await command(folder, { ROADSTEAD_KEY: key }, '--new-key', next)).toContain('32 bytes')
    const given = randomBytes(32).toString('base64')
    writeFileSync(next, given)
    const wrong = { ROADSTEAD_KEY: randomBytes(32).toString('base64') }
    expect(await command(folder, wrong, '--new-key', next)).toContain('not the one')
    expect(await command(folder, { ROADSTEAD_KEY: key }, '--new-key', next)).toContain('Sealed anew: 5')
    await expectWhole(await openFolder(folder, { ROADSTEAD_KEY: given }))
  })
})

describe('a database of before there were data keys', () => {
  const masterKey = randomBytes(32)
  const environment = { ROADSTEAD_KEY: masterKey.toString('base64') }
  const filled = async () => {
    const folder = await filledFolder(environment)
    const { vault } = await openFolder(folder, environment)
    const raw = new DatabaseSync(join(folder, 'roadstead.db'))
    const earlier = deriveKey(masterKey, 'seal')
    for (const [table, column, key] of [
      ['hosts', 'secrets', 'id'],
      ['registries', 'password', 'id'],
      ['totp', 'secret', 'user_id'],
    ]) {
      for (const { id, sealed } of raw
        .prepare(`select ${key} as id, ${column} as sealed from ${table}`)
        .all()) {
        const place = `${table}.${id}.${column}`
        const old = seal(earlier, 'v1', vault.open(String(sealed), place), place)
        raw.prepare(`update ${table} set ${column} = ? where ${key} = ?`).run(old, id as string)
      }
    }
    raw.exec('delete from data_keys')
    const check = seal(earlier, 'v1', 'roadstead', 'settings.key_check')
    raw.prepare("insert into settings (key, value) values ('key_check', ?)").run(check)
    raw.close()
    await (open.pop() as Store).close()
    return folder
  }

  it('is sealed anew by the next start, which reads it all', async () => {
    const folder = await filled()
    const opened = await openFolder(folder, environment)
    await expectWhole(opened)
    const { db } = opened
    const hosts = db.selectFrom('hosts').select('id').where('secrets', 'like', 'v1.%')
    expect(await hosts.execute()).toEqual([])
    const check = db.selectFrom('settings').selectAll().where('key', '=', 'key_check')
    expect(await check.execute()).toEqual([])
  })

  it('refuses another key, and is as it was', async () => {
    const folder = await filled()
    const wrong = { ROADSTEAD_KEY: randomBytes(32).toString('base64') }
    await expect(openFolder(folder, wrong)).rejects.toThrow(/not the one this database was sealed with/)
    await (open.pop() as Store).close()
    await expectWhole(await openFolder(folder, environment))
  })
})
