import { rmSync, statfsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ErrorCode } from '#lib/error-codes.ts'
import { AppError } from '../errors.ts'
import type { Log } from '../log.ts'
import { fileFault } from './sqlite-errors.ts'

const lookMs = 2000

export interface FolderWatch {
  /** Throws data_folder_gone while the database that is open is not the file at its path. */
  check(): void
  /** What keeps changes from being written, as of the last look: the folder gone, its disk full, read-only or failing. */
  readonly fault: ErrorCode | null
  stop(): void
}

/**
 * Compares the database that is open with the file at its path. A folder that was moved away, unmounted or emptied takes
 * every write without an error, into a file without a name, and all of it is gone with the process. Whether anything can
 * be written is tried at the same time, so that who asks for it costs nothing.
 */
export function watchDataFolder(folder: string, log: Log): FolderWatch {
  const path = join(folder, 'roadstead.db')
  const seen = () => {
    const found = statSync(path, { throwIfNoEntry: false })
    return found ? `${found.dev} ${found.ino}` : 'none'
  }
  const opened = seen()
  let isGone = false
  let fault: ErrorCode | null = null
  const tell = (found: ErrorCode | null) => {
    if (found === fault) return
    fault = found
    if (found) log.error({ code: found, folder }, 'the data folder cannot be written')
    else log.info({ folder }, 'the data folder can be written again')
  }
  const look = () => {
    let now = 'unreadable'
    try {
      now = seen()
    } catch {
      // A folder that nobody may read any more, or a disk that is away.
    }
    tell(now === opened ? writeFault(folder) : 'data_folder_gone')
    if (isGone === (now !== opened)) return
    isGone = now !== opened
    if (isGone)
      log.error({ path }, 'the database is not at its path any more: nothing is changed until it is back')
    else log.info({ path }, 'the database is at its path again')
  }
  const timer = setInterval(look, lookMs)
  timer.unref()
  return {
    check() {
      if (isGone) throw new AppError('data_folder_gone', { detail: path })
    },
    get fault() {
      return fault
    },
    stop: () => clearInterval(timer),
  }
}

/** Bytes without which the database cannot go on for long. */
const leastFree = 1024 * 1024

/** Tries to write: asking who may is not enough, since root passes on a read-only file system, and a disk may fail. */
function writeFault(folder: string): ErrorCode | null {
  try {
    const { bavail, bsize } = statfsSync(folder)
    if (bavail * bsize < leastFree) return 'data_folder_full'
    const probe = join(folder, '.writable')
    writeFileSync(probe, 'x')
    rmSync(probe)
    return null
  } catch (error) {
    return fileFault(error) ?? 'data_folder_failing'
  }
}
