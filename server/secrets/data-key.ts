import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { sql } from 'kysely'
import { type Config, StartError } from '../config.ts'
import { hasTable } from '../db/columns.ts'
import type { Database } from '../db/schema.ts'
import type { Store } from '../db/store.ts'
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
export async function openVault(config: Config, db: Database, masterKey: Buffer): Promise<Vault> {
  const path = keyPath(config)
  let dataKey = await unwrap(db, masterKey)
  if (config.key === null) {
    if (dataKey) clearKeyFiles(path)
    else if (existsSync(newPath(path))) {
      // The database was sealed anew already; only the files were not yet changed.
      dataKey = await unwrap(db, readKeyFile(newPath(path)))
      if (dataKey) await replaceKeyFile(path, async (key) => (await unwrap(db, key)) !== null)
    }
  }
  if (!dataKey) {
    if (await wrappedKey(db)) throw wrongKey()
    dataKey = await begin(db, masterKey)
  }
  return createVault(dataKey)
}

const wrongKey = () =>
  new StartError(
    'The encryption key is not the one this database was sealed with. Give the right one in ROADSTEAD_KEY_FILE.',
  )

/** The database's data key, or null when this master key is not the one that wrapped it. */
export async function unwrap(db: Database, masterKey: Buffer): Promise<DataKey | null> {
  const row = await wrappedKey(db)
  if (!row) return null
  try {
    const key = open(wrapping(masterKey), wrapHead, row.wrapped, placeOf('data_keys', row.id, 'wrapped'))
    return { id: row.id, key: Buffer.from(key, 'base64') }
  } catch {
    return null
  }
}

async function wrappedKey(db: Database): Promise<{ id: string; wrapped: string } | undefined> {
  return (await sql<{ id: string; wrapped: string }>`select id, wrapped from data_keys`.execute(db)).rows[0]
}

const wrapping = (masterKey: Buffer) => deriveKey(masterKey, 'wrap')

async function insertDataKey(db: Database, masterKey: Buffer): Promise<DataKey> {
  const dataKey = { id: newId('k'), key: randomBytes(32) }
  const place = placeOf('data_keys', dataKey.id, 'wrapped')
  const wrapped = seal(wrapping(masterKey), wrapHead, dataKey.key.toString('base64'), place)
  await sql`insert into data_keys (id, wrapped, created_at)
    values (${dataKey.id}, ${wrapped}, ${new Date().toISOString()})`.execute(db)
  return dataKey
}

/** The first data key. Before there were any, the master key sealed everything, and `key_check` told whether it was right. */
async function begin(db: Database, masterKey: Buffer): Promise<DataKey> {
  const earlier = deriveKey(masterKey, 'seal')
  const check = await db
    .selectFrom('settings')
    .select('value')
    .where('key', '=', 'key_check')
    .executeTakeFirst()
  if (check && openOrNull(earlier, 'v1', check.value, 'settings.key_check') === null) throw wrongKey()
  return db.transaction().execute(async (transaction) => {
    const dataKey = await insertDataKey(transaction, masterKey)
    await transaction.deleteFrom('settings').where('key', '=', 'key_check').execute()
    // What does not open is no secret: people may call a host v1.2.
    await reseal(transaction, 'v1.', (sealed, place) => {
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
export async function changeKeys(
  store: Pick<Store, 'db' | 'overwriteDeleted'>,
  before: DataKey,
  masterKey: Buffer,
): Promise<number> {
  await store.overwriteDeleted()
  return store.db.transaction().execute(async (db) => {
    const after = await insertDataKey(db, masterKey)
    const moved = await reseal(db, `${headOf(before)}.`, (sealed, place) => {
      const plaintext = openOrNull(before.key, headOf(before), sealed, place)
      if (plaintext === null)
        throw new StartError(`What is sealed in ${place} does not open. Nothing was changed.`)
      return seal(after.key, headOf(after), plaintext, place)
    })
    const forgotten = await leftOver(db, `${headOf(before)}.`)
    if (forgotten)
      throw new StartError(`${forgotten} holds a sealed value within another. Nothing was changed.`)
    await sql`delete from data_keys where id = ${before.id}`.execute(db)
    // Their cookies are signed by a key of the old one's.
    if (await hasTable(db, 'session')) await sql`delete from session`.execute(db)
    const value = new Date().toISOString()
    await db
      .insertInto('settings')
      .values({ key: 'key_rotated', value })
      .onConflict((conflict) => conflict.column('key').doUpdateSet({ value }))
      .execute()
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
