import { parseArgs } from 'node:util'
import { readConfig, StartError } from '#server/config.ts'
import { rotateKey } from '#server/secrets/rotate.ts'

// `npm run key:rotate [-- --new-key FILE]`: with the server stopped and with its environment.
try {
  const options = { 'new-key': { type: 'string' } } as const
  const { 'new-key': newKeyFile } = parseArgs({ options }).values
  const { values, keyFile } = await rotateKey(readConfig(process.env), newKeyFile)
  console.log(`Sealed anew: ${values} values. Everybody has to sign in again.`)
  if (newKeyFile === undefined) console.log(`The new key is in ${keyFile}; the old one is deleted.`)
  else {
    const { ROADSTEAD_KEY_FILE: file } = process.env
    console.log(`The new key is in ${keyFile}. Before the next start, put it where the old one is:`)
    console.log(
      file && process.env.ROADSTEAD_KEY === undefined
        ? `  mv ${keyFile} ${file}\nor give its path in ROADSTEAD_KEY_FILE.`
        : '  its content in ROADSTEAD_KEY, or its path in ROADSTEAD_KEY_FILE.',
    )
  }
  console.log('Backups of the database from before open with the old key only.')
} catch (error) {
  if (!(error instanceof StartError) && !(error instanceof TypeError)) throw error
  console.error(`The key was not rotated. ${error.message}`)
  process.exitCode = 1
}
