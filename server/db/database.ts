import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Kysely } from 'kysely'
import { Migrator } from 'kysely/migration'
import { StartError } from '../config.ts'
import { lockFolder } from './lock.ts'
import { migrations } from './migrations.ts'
import type { Database, Schema } from './schema.ts'
import { PatientSqliteDialect } from './sqlite-driver.ts'
import { sqliteFault, startSentence } from './sqlite-errors.ts'

/** Before this SQLite could lose a committed WAL on reset (sqlite.org/wal.html). */
const oldestSqlite = '3.51.3'

export interface OpenedDatabase {
  db: Database
  /** The same connection, for what reads or changes it as a whole. */
  raw: DatabaseSync
  close(): Promise<void>
}

/**
 * Opens the SQLite database for this process alone, checks it and brings it to the current schema. Throws StartError, and
 * changes nothing, when another has it open, SQLite is too old or the file is damaged: a broken database must never look like
 * a new one.
 */
export async function openDatabase(folder: string): Promise<OpenedDatabase> {
  const path = join(folder, 'roadstead.db')
  const unlock = lockFolder(folder)
  let raw: DatabaseSync | undefined
  try {
    raw = new DatabaseSync(path)
    const found = String(raw.prepare('select sqlite_version() as v').get()?.v)
    if (olderThan(found, oldestSqlite)) {
      throw new StartError(
        `SQLite ${found} can lose committed data; Roadstead needs ${oldestSqlite} or newer (use a newer Node).`,
      )
    }
    raw.exec('PRAGMA busy_timeout = 5000')
    const check = raw.prepare('PRAGMA quick_check').get()
    if (check?.quick_check !== 'ok')
      throw new Error(String(check?.quick_check).replaceAll(/\s+/g, ' ').slice(0, 300))
    raw.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON')
  } catch (error) {
    raw?.close()
    unlock()
    if (error instanceof StartError) throw error
    throw new StartError(startSentence(error, folder))
  }
  // From here on the driver waits for other programs' locks, and the process goes on meanwhile.
  raw.exec('PRAGMA busy_timeout = 0')
  const db = new Kysely<Schema>({ dialect: new PatientSqliteDialect(raw) })
  // Two changes may have been made side by side: a database that was given the later one first is given the other afterwards.
  const migrator = new Migrator({
    db,
    provider: { getMigrations: async () => migrations },
    allowUnorderedMigrations: true,
  })
  const { error } = await migrator.migrateToLatest()
  const close = async () => {
    await db.destroy()
    unlock()
  }
  if (error) {
    await close()
    if (isNewer(error))
      throw new StartError(
        `The database ${path} was written by a newer Roadstead (${(error as Error).message}). Start that version, or restore a backup from before the upgrade.`,
      )
    throw new StartError(
      sqliteFault(error)
        ? startSentence(error, folder)
        : `The database ${path} could not be migrated: ${error instanceof Error ? error.message : error}`,
    )
  }
  return { db, raw, close }
}

/** Kysely's word for a migration that has run and is not known here. */
function isNewer(error: unknown): boolean {
  return (
    error instanceof Error &&
    /corrupted migrations: previously executed migration .* is missing/.test(error.message)
  )
}

function olderThan(found: string, needed: string): boolean {
  const [a, b] = [found, needed].map((version) => version.split('.').map(Number))
  for (let index = 0; index < 3; index++) {
    const difference = (a?.[index] ?? 0) - (b?.[index] ?? 0)
    if (difference !== 0) return difference < 0
  }
  return false
}
