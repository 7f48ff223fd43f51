import { statfsSync } from 'node:fs'
import type { ErrorCode } from '#lib/error-codes.ts'

/** What SQLite's codes mean for a person, by their lowest eight bits (sqlite.org/rescode.html). */
const meanings: Readonly<Record<number, ErrorCode>> = {
  5: 'database_busy',
  6: 'database_busy',
  8: 'data_folder_read_only',
  10: 'data_folder_failing',
  11: 'database_damaged',
  13: 'data_folder_full',
  14: 'data_folder_gone',
  26: 'database_damaged',
}

/** The code of Roadstead for an error of SQLite; null for any other error, and for what is a fault of ours. */
export function sqliteFault(error: unknown): ErrorCode | null {
  const { errcode } = (error ?? {}) as { errcode?: unknown }
  return typeof errcode === 'number' ? (meanings[errcode & 0xff] ?? null) : null
}

/** The operating system's words for the same, where a file of the data folder is written. */
const fileMeanings: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: 'data_folder_full',
  EDQUOT: 'data_folder_full',
  EROFS: 'data_folder_read_only',
  EIO: 'data_folder_failing',
}

/** As `sqliteFault`, for an error of a file; null for any other, and for what has nothing to do with its disk. */
export function fileFault(error: unknown): ErrorCode | null {
  const { code } = (error ?? {}) as { code?: unknown }
  return typeof code === 'string' ? (fileMeanings[code] ?? null) : null
}

/**
 * Why a database cannot be opened, and what to do, for who starts the server. A full disk shows in several codes: the
 * shared memory beside the database cannot be made either.
 */
export function startSentence(error: unknown, folder: string): string {
  const words = (error as Error).message
  const fault = isFull(folder) ? 'data_folder_full' : sqliteFault(error)
  const sentences: Partial<Record<ErrorCode, string>> = {
    data_folder_full: `The disk of ${folder} is full. Make room and start again; nothing is wrong with the database.`,
    data_folder_read_only: `${folder} cannot be written (${words}). Mount it read-write, or give it to the account that runs Roadstead.`,
    data_folder_failing: `The disk of ${folder} fails (${words}). Look at the system's log before anything else; the database may be whole.`,
    database_busy: `Another program holds the database in ${folder} (${words}). Stop it, a backup or a shell of SQLite, and start again.`,
    data_folder_gone: `The database in ${folder} cannot be opened (${words}). Look at who may read and write the folder and what is in it.`,
  }
  return (
    (fault && sentences[fault]) ??
    `The database in ${folder} is damaged or unreadable (${words}). Restore it from a backup.`
  )
}

function isFull(folder: string): boolean {
  try {
    return statfsSync(folder).bavail === 0
  } catch {
    return false
  }
}
