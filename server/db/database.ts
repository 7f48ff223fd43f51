import { accessSync, constants, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { NodeSqliteDialect } from '@better-auth/kysely-adapter/node-sqlite-dialect'
import { Kysely } from 'kysely'
import { Migrator } from 'kysely/migration'
import { StartError } from '../config.ts'
import { lockFolder } from './lock.ts'
import { migrations } from './migrations.ts'
import type { Database, Schema } from './schema.ts'

/** Before this SQLite could lose a committed WAL on reset (sqlite.org/wal.html). */
const oldestSqlite = '3.51.3'

export interface OpenedDatabase {
  db: Database
  /** The same connection, for better-auth. */
  raw: DatabaseSync
  close(): Promise<void>
}

/** Makes the data folder if need be. Throws StartError when it cannot be written. */
export function prepareDataFolder(folder: string): { databaseExists: boolean } {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    accessSync(folder, constants.R_OK | constants.W_OK)
    // Asking is not enough: root passes access() on a read-only file system.
    const probe = join(folder, '.writable')
    writeFileSync(probe, '')
    rmSync(probe)
  } catch (error) {
    throw new StartError(`ROADSTEAD_DATA: cannot write to ${folder}: ${(error as Error).message}`)
  }
  return { databaseExists: existsSync(join(folder, 'roadstead.db')) }
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
    if (check?.quick_check !== 'ok') throw new Error(String(check?.quick_check))
    raw.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON')
  } catch (error) {
    raw?.close()
    unlock()
    if (error instanceof StartError) throw error
    throw new StartError(
      `The database ${path} is damaged or unreadable (${(error as Error).message}). Restore it from a backup.`,
    )
  }
  const db = new Kysely<Schema>({ dialect: new NodeSqliteDialect({ database: raw }) })
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } })
  const { error } = await migrator.migrateToLatest()
  const close = async () => {
    await db.destroy()
    unlock()
  }
  if (error) {
    await close()
    throw new StartError(
      `The database ${path} could not be migrated: ${error instanceof Error ? error.message : error}`,
    )
  }
  return { db, raw, close }
}

function olderThan(found: string, needed: string): boolean {
  const [a, b] = [found, needed].map((version) => version.split('.').map(Number))
  for (let index = 0; index < 3; index++) {
    const difference = (a?.[index] ?? 0) - (b?.[index] ?? 0)
    if (difference !== 0) return difference < 0
  }
  return false
}
