import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { StartError } from '../config.ts'

/** Milliseconds: an earlier server may still be closing. */
const patience = 3000

/**
 * Takes a data folder for this process, until what it returns is called or the process ends, however it does: two that seal
 * by different keys, or write two ends of one audit log, would destroy each other's work. Throws StartError when another has
 * it. It is a lock of SQLite on a file of its own, which works wherever the database does.
 */
export function lockFolder(folder: string): () => void {
  let lock: DatabaseSync | undefined
  try {
    lock = new DatabaseSync(join(folder, 'roadstead.lock'))
    lock.exec(`PRAGMA busy_timeout = ${patience}; BEGIN EXCLUSIVE`)
  } catch (error) {
    lock?.close()
    const busy = (error as { errcode?: number }).errcode === 5
    throw new StartError(
      busy
        ? `Another Roadstead is using ${folder}. Stop it first.`
        : `The data folder ${folder} cannot be locked: ${(error as Error).message}`,
    )
  }
  const held = lock
  return () => {
    if (held.isOpen) held.close()
  }
}
