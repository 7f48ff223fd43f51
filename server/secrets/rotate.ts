import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Config, StartError } from '../config.ts'
import { prepareDataFolder } from '../db/data-folder.ts'
import { openStore } from '../db/store.ts'
import { changeKeys, openVault, unwrap } from './data-key.ts'
import { keyPath, makeKeyFile, newPath, readKey, readKeyFile, replaceKeyFile } from './key-file.ts'

export interface Rotated {
  /** Values that were sealed anew. */
  values: number
  /** The file with the new key. */
  keyFile: string
}

/**
 * Changes the master key and the data key while no server runs. The new key is in a file, on the disk, before the one
 * transaction that seals everything by it; a crash at any point leaves a file with the right key, which the next start or the
 * next rotation finds.
 * @param newKeyFile where the new key is or shall be, for a key of the operator's, whose place only they can fill.
 * Throws StartError.
 */
export async function rotateKey(config: Config, newKeyFile?: string): Promise<Rotated> {
  const { databaseExists } = prepareDataFolder(config.dataFolder)
  if (!databaseExists) throw new StartError(`There is no database in ${config.dataFolder}.`)
  const operators = config.key !== null
  if (operators !== (newKeyFile !== undefined))
    throw new StartError(
      operators
        ? 'The key is given by the environment: say in which file the new one is or shall be, `npm run key:rotate -- --new-key FILE`.'
        : '--new-key is for a key of your own, given in ROADSTEAD_KEY_FILE.',
    )
  const masterKey = readKey(config, databaseExists)
  const database = await openStore(config.dataFolder)
  try {
    const { db } = database
    const keyFile = operators ? resolve(newKeyFile as string) : keyPath(config)
    const next = operators ? keyFile : newPath(keyFile)
    // A rotation that was cut after its transaction: only the operator's file is not yet in its place.
    const given = operators && existsSync(next) ? readKeyFile(next) : null
    if (given?.equals(masterKey)) throw new StartError(`${next} holds the old key. Nothing was changed.`)
    if (given && (await unwrap(db, given)) !== null)
      throw new StartError(`The database is sealed by the key in ${next} already. Nothing was changed.`)
    await openVault(config, db, masterKey)
    // The files may have been put right by it.
    const dataKey = await unwrap(db, operators ? masterKey : readKeyFile(keyFile))
    if (!dataKey) throw new StartError('The encryption key changed meanwhile. Nothing was changed.')
    const newKey = given ?? makeKeyFile(next)
    const values = await changeKeys(database, dataKey, newKey)
    if (!operators) await replaceKeyFile(keyFile, async (key) => (await unwrap(db, key)) !== null)
    // Earlier writes left copies of what the old key opens in pages that are free now.
    await database.compact()
    return { values, keyFile }
  } finally {
    await database.close()
  }
}
