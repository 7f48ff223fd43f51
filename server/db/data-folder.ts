import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { StartError } from '../config.ts'

/** Stands in a folder from the first start's beginning until its database is sealed by its key. */
const firstStart = '.first-start'

/**
 * Makes the data folder if need be. One is new that holds nothing of an earlier installation; a database that is missing
 * or empty beside anything of one is never taken for new: set-up would open again, and files that the database knows would
 * be nobody's. Throws StartError for that, and when the folder cannot be written.
 */
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
  const database = join(folder, 'roadstead.db')
  const size = sizeOf(database)
  if (size > 0) return { databaseExists: true }
  const traces = existsSync(join(folder, firstStart)) ? [] : tracesOf(folder)
  if (traces.length === 0) return { databaseExists: false }
  throw new StartError(
    `${database} is ${size < 0 ? 'missing' : 'empty'}, but there ${traces.length === 1 ? 'is' : 'are'} ${traces.join(', ')}: this is no new installation. Put the database back from a backup. To begin anew, move what is in ${folder} somewhere else.`,
  )
}

/** A first start that is cut is gone on with by the next one, and not taken for a lost database. */
export function beginFirstStart(folder: string): void {
  writeFileSync(join(folder, firstStart), '')
}

export function endFirstStart(folder: string): void {
  rmSync(join(folder, firstStart), { force: true })
}

/** What an installation leaves in its folder beside the database. */
function tracesOf(folder: string): string[] {
  const files = [
    'secret.key',
    'secret.key.new',
    'secret.key.old',
    'roadstead.lock',
    'roadstead.db-wal',
    'audit',
  ]
  const found = files.filter((name) => {
    const size = sizeOf(join(folder, name))
    // A key of 0 bytes is what a full disk left of an older version's first start.
    return name === 'roadstead.lock' || name === 'audit' ? size >= 0 : size > 0
  })
  const archives = join(folder, 'archives')
  if (existsSync(archives) && readdirSync(archives).length > 0) found.push('archives')
  return found
}

/** Bytes; -1 where there is none. */
function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? -1
}
