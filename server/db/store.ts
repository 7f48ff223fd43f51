import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Kysely, sql } from 'kysely'
import { Migrator } from 'kysely/migration'
import { StartError } from '../config.ts'
import { lockFolder } from './lock.ts'
import { migrations } from './migrations.ts'
import type { Database, Schema } from './schema.ts'
import { PatientSqliteDialect } from './sqlite-driver.ts'
import { sqliteFault, startSentence } from './sqlite-errors.ts'

/** Before this SQLite could lose a committed WAL on reset (sqlite.org/wal.html). */
const oldestSqlite = '3.51.3'
const fileName = 'roadstead.db'

/** Where everything is kept that outlives the process. Only server/db knows which database it is. */
export interface Store {
  db: Database
  /**
   * Another connection, whose commits no transaction of others can take back and are on the disk when they resolve. Closed by
   * who opened it.
   */
  connect(): Database
  /** From now on what is deleted is overwritten in the files as well. */
  overwriteDeleted(): Promise<void>
  /** Writes the files anew, so that nothing of what was deleted is left in them. */
  compact(): Promise<void>
  close(): Promise<void>
}

/** A data folder's database for reading alone, beside a running server or without one. Throws what SQLite does. */
export function openForReading(folder: string): Database {
  const raw = new DatabaseSync(join(folder, fileName), { readOnly: true })
  return new Kysely<Schema>({ dialect: new PatientSqliteDialect(raw) })
}

/** A connection of its own to a data folder that is open and migrated: see Store.connect. */
export function openConnection(folder: string): Database {
  const raw = new DatabaseSync(join(folder, fileName))
  // fullfsync: fsync alone reaches only the drive's cache on macOS (sqlite.org/pragma.html#pragma_fullfsync).
  raw.exec('PRAGMA busy_timeout = 0; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON')
  return new Kysely<Schema>({ dialect: new PatientSqliteDialect(raw) })
}

/**
 * Opens the SQLite database for this process alone, checks it and brings it to the current schema. Throws StartError, and
 * changes nothing, when another has it open, SQLite is too old or the file is damaged: a broken database must never look like
 * a new one.
 */
export async function openStore(folder: string): Promise<Store> {
  const path = join(folder, fileName)
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
  await keepAuditAppendOnly(db)
  return {
    db,
    connect: () => openConnection(folder),
    overwriteDeleted: async () => void (await sql`pragma secure_delete = on`.execute(db)),
    async compact() {
      await sql`vacuum`.execute(db)
      await sql`pragma wal_checkpoint(truncate)`.execute(db)
    },
    close,
  }
}

/** Against our own mistakes, not against who holds the file: that is what the chain is for. */
async function keepAuditAppendOnly(db: Database): Promise<void> {
  await sql`create trigger if not exists audit_no_update before update on audit
    begin select raise(abort, 'append only'); end`.execute(db)
  await sql`create trigger if not exists audit_no_delete before delete on audit
    begin select raise(abort, 'append only'); end`.execute(db)
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
