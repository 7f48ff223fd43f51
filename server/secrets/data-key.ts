import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { type Config, StartError } from '../config.ts'
import { newId } from '../new-id.ts'
import { deriveKey, open, placeOf, seal } from './envelope.ts'
import { clearKeyFiles, keyPath, newPath, readKeyFile, replaceKeyFile } from './key-file.ts'
import { leftOver, reseal } from './reseal.ts'
import { createVault, type DataKey, headOf, type Vault } from './vault.ts'

const wrapHead = 'w1'

/**
 * The vault of a database: its data key, unwrapped by the master key. The first start makes one; what an earlier version
 * sealed with the master key itself is sealed anew. A rotation that a crash cut is finished. Throws StartError for a key that
 * is not this database's.
 */
export function openVault(config: Config, raw: DatabaseSync, masterKey: Buffer): Vault {
  const path = keyPath(config)
  let dataKey = unwrap(raw, masterKey)
  if (config.key === null) {
    if (dataKey) clearKeyFiles(path)
    else if (existsSync(newPath(path))) {
      // The database was sealed anew already; only the files were not yet changed.
      dataKey = unwrap(raw, readKeyFile(newPath(path)))
      if (dataKey) replaceKeyFile(path, (key) => unwrap(raw, key) !== null)
    }
  }
  if (!dataKey) {
    if (raw.prepare('select 1 from data_keys').get()) throw wrongKey()
    dataKey = begin(raw, masterKey)
  }
  return createVault(dataKey)
}

const wrongKey = () =>
  new StartError(
    'The encryption key is not the one this database was sealed with. Give the right one in ROADSTEAD_KEY_FILE.',
  )

/** The database's data key, or null when this master key is not the one that wrapped it. */
export function unwrap(raw: DatabaseSync, masterKey: Buffer): DataKey | null {
  const row = raw.prepare('select id, wrapped from data_keys').get() as
    | { id: string; wrapped: string }
    | undefined
  if (!row) return null
  try {
    const key = open(wrapping(masterKey), wrapHead, row.wrapped, placeOf('data_keys', row.id, 'wrapped'))
    return { id: row.id, key: Buffer.from(key, 'base64') }
  } catch {
    return null
  }
}

const wrapping = (masterKey: Buffer) => deriveKey(masterKey, 'wrap')

function insertDataKey(raw: DatabaseSync, masterKey: Buffer): DataKey {
  const dataKey = { id: newId('k'), key: randomBytes(32) }
  const place = placeOf('data_keys', dataKey.id, 'wrapped')
  const wrapped = seal(wrapping(masterKey), wrapHead, dataKey.key.toString('base64'), place)
  raw
    .prepare('insert into data_keys (id, wrapped, created_at) values (?, ?, ?)')
    .run(dataKey.id, wrapped, new Date().toISOString())
  return dataKey
}

/** The first data key. Before there were any, the master key sealed everything, and `key_check` told whether it was right. */
function begin(raw: DatabaseSync, masterKey: Buffer): DataKey {
  const earlier = deriveKey(masterKey, 'seal')
  const check = raw.prepare("select value from settings where key = 'key_check'").get()
  if (check && openOrNull(earlier, 'v1', String(check.value), 'settings.key_check') === null) throw wrongKey()
  return transaction(raw, () => {
    const dataKey = insertDataKey(raw, masterKey)
    raw.exec("delete from settings where key = 'key_check'")
    // What does not open is no secret: people may call a host v1.2.
    reseal(raw, 'v1.', (sealed, place) => {
      const plaintext = openOrNull(earlier, 'v1', sealed, place)
      return plaintext === null ? null : seal(dataKey.key, headOf(dataKey), plaintext, place)
    })
    return dataKey
  })
}

/**
 * A new data key, wrapped by a new master key; everything sealed is sealed anew, and every session ends, all in one
 * transaction. What was sealed before is overwritten in the file. Returns how many values there were.
 */
export function changeKeys(raw: DatabaseSync, before: DataKey, masterKey: Buffer): number {
  raw.exec('PRAGMA secure_delete = ON')
  return transaction(raw, () => {
    const after = insertDataKey(raw, masterKey)
    const moved = reseal(raw, `${headOf(before)}.`, (sealed, place) => {
      const plaintext = openOrNull(before.key, headOf(before), sealed, place)
      if (plaintext === null)
        throw new StartError(`What is sealed in ${place} does not open. Nothing was changed.`)
      return seal(after.key, headOf(after), plaintext, place)
    })
    const forgotten = leftOver(raw, `${headOf(before)}.`)
    if (forgotten)
      throw new StartError(`${forgotten} holds a sealed value within another. Nothing was changed.`)
    raw.prepare('delete from data_keys where id = ?').run(before.id)
    // Their cookies are signed by a key of the old one's.
    if (raw.prepare("select 1 from sqlite_schema where name = 'session'").get())
      raw.exec('delete from session')
    raw
      .prepare("insert or replace into settings (key, value) values ('key_rotated', ?)")
      .run(new Date().toISOString())
    return moved
  })
}

function openOrNull(key: Buffer, head: string, sealed: string, place: string): string | null {
  try {
    return open(key, head, sealed, place)
  } catch {
    return null
  }
}

function transaction<Result>(raw: DatabaseSync, work: () => Result): Result {
  raw.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    raw.exec('COMMIT')
    return result
  } catch (error) {
    if (raw.isTransaction) raw.exec('ROLLBACK')
    throw error
  }
}
