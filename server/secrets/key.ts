import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Config, StartError } from '../config.ts'

/**
 * The encryption key: from the environment or a file of the operator's, else made once as `<data>/secret.key`, readable
 * by its owner only. A key that vanished while a database exists is never replaced: what it sealed would be lost.
 */
export function readKey(config: Config, databaseExists: boolean): Buffer {
  if (config.key !== null) return decodeKey(config.key, 'ROADSTEAD_KEY')
  const path = join(config.dataFolder, 'secret.key')
  if (existsSync(path)) return decodeKey(readFileSync(path, 'utf8'), path)
  if (databaseExists) {
    throw new StartError(
      `${path} is missing, and the database was sealed with it. Put it back, or give ROADSTEAD_KEY_FILE.`,
    )
  }
  const key = randomBytes(32)
  writeFileSync(path, `${key.toString('base64')}\n`, { mode: 0o600, flag: 'wx' })
  chmodSync(path, 0o600)
  return key
}

function decodeKey(text: string, source: string): Buffer {
  const trimmed = text.trim()
  const key = /^[0-9a-f]{64}$/i.test(trimmed) ? Buffer.from(trimmed, 'hex') : Buffer.from(trimmed, 'base64')
  if (key.length !== 32)
    throw new StartError(`${source}: the key must be 32 bytes, as base64 or 64 hexadecimal digits.`)
  return key
}
