import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { verifyChain } from '#server/audit/chain.ts'
import { openForReading } from '#server/db/store.ts'

// `npm run audit:verify [-- FOLDER]`: walks the audit log of a data folder, beside a running server or without one. Exit
// code 0 when it holds, 1 when it does not, 2 when there is none to read.
const folder = resolve(process.argv[2] ?? process.env.ROADSTEAD_DATA ?? './data')
const path = join(folder, 'roadstead.db')

try {
  if (!existsSync(path)) throw new Error('there is no such file')
  const database = openForReading(folder)
  const { entries, head, broken } = await verifyChain(database)
  await database.destroy()
  if (broken) {
    const faults = {
      gap: 'an entry is missing or out of its place',
      link: 'the entry does not follow from the one before',
      content: 'the content of the entry was changed',
    }
    console.error(`The audit log does not hold at sequence ${broken.sequence}: ${faults[broken.fault]}.`)
    process.exitCode = 1
  } else {
    console.log(`The audit log holds: ${entries} entries.`)
    // A tail that was cut off shows only by comparison.
    if (head) console.log(`Newest: ${head.sequence} ${head.hash}`)
  }
} catch (error) {
  console.error(`The audit log in ${path} cannot be read: ${(error as Error).message}`)
  process.exitCode = 2
}
