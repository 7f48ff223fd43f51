import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { type Config, StartError } from '../config.ts'

export const keyPath = (config: Config) => join(config.dataFolder, 'secret.key')
/** The next key while a rotation is under way, and the one before it. */
export const newPath = (path: string) => `${path}.new`
const oldPath = (path: string) => `${path}.old`

/**
 * The master key: from the environment or a file of the operator's, else made once as `<data>/secret.key`, readable by its
 * owner only. A key that vanished while a database exists is never replaced: what it sealed would be lost. Throws StartError.
 */
export function readKey(config: Config, databaseExists: boolean): Buffer {
  if (config.key !== null) return decodeKey(config.key, 'ROADSTEAD_KEY')
  const path = keyPath(config)
  // An empty one beside no database is what a full disk left of a first start.
  const isEmpty = !databaseExists && statSync(path, { throwIfNoEntry: false })?.size === 0
  if (isEmpty) rmSync(path)
  if (existsSync(path)) return readKeyFile(path)
  if (databaseExists) {
    throw new StartError(
      `${path} is missing, and the database was sealed with it. Put it back, or give ROADSTEAD_KEY_FILE.`,
    )
  }
  return firstKeyFile(path)
}

/** Whole and on the disk before it has its name: half a key would end every later start. Throws StartError. */
function firstKeyFile(path: string): Buffer {
  const part = `${path}.part`
  rmSync(part, { force: true })
  try {
    const key = makeKeyFile(part)
    renameSync(part, path)
    syncFolderOf(path)
    return key
  } catch (error) {
    rmSync(part, { force: true })
    throw error
  }
}

/** Throws StartError for what is no key. */
export function readKeyFile(path: string): Buffer {
  try {
    return decodeKey(readFileSync(path, 'utf8'), path)
  } catch (error) {
    if (error instanceof StartError) throw error
    throw new StartError(`${path} cannot be read: ${(error as Error).message}`)
  }
}

/**
 * Whether accounts other than its owner's may read or change a key file. It is told and not refused, as an SSH key is: a
 * restored backup would not start, and the operator's own file (ROADSTEAD_KEY_FILE) is often a mounted secret of mode 0444.
 */
export function isOpenToOthers(path: string): boolean {
  return process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0
}

/** A new key in a new file, on the disk before this returns. Throws StartError. */
export function makeKeyFile(path: string): Buffer {
  const key = randomBytes(32)
  try {
    const file = openSync(path, 'wx', 0o600)
    chmodSync(path, 0o600)
    writeSync(file, `${key.toString('base64')}\n`)
    fsyncSync(file)
    closeSync(file)
    syncFolderOf(path)
  } catch (error) {
    throw new StartError(`${path} cannot be written: ${(error as Error).message}`)
  }
  return key
}

/** Puts the new key in the place of the old one, which is kept as `.old` until `opens` has read the new one back. */
export async function replaceKeyFile(path: string, opens: (key: Buffer) => Promise<boolean>): Promise<void> {
  rmSync(oldPath(path), { force: true })
  linkSync(path, oldPath(path))
  renameSync(newPath(path), path)
  syncFolderOf(path)
  if (!(await opens(readKeyFile(path))))
    throw new StartError(`${path} was not written as it should be. The key before it is ${oldPath(path)}.`)
  clearKeyFiles(path)
}

/** Takes away what a rotation that was cut left beside a key that opens the database. */
export function clearKeyFiles(path: string): void {
  for (const each of [newPath(path), oldPath(path)]) rmSync(each, { force: true })
  syncFolderOf(path)
}

/** A rename is on the disk when its folder is. */
function syncFolderOf(path: string): void {
  const folder = openSync(dirname(path), 'r')
  fsyncSync(folder)
  closeSync(folder)
}

function decodeKey(text: string, source: string): Buffer {
  const trimmed = text.trim()
  const key = /^[0-9a-f]{64}$/i.test(trimmed) ? Buffer.from(trimmed, 'hex') : Buffer.from(trimmed, 'base64')
  if (key.length !== 32)
    throw new StartError(`${source}: the key must be 32 bytes, as base64 or 64 hexadecimal digits.`)
  return key
}
