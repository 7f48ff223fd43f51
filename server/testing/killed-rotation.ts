// A rotation that ends as by a power cut before its STEP-th change on the disk: `node killed-rotation.ts STEP FOLDER`. Exit code
// 0: it came to its end before.
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { DatabaseSync } from 'node:sqlite'

const [step = '', folder = ''] = process.argv.slice(2)
let left = Number(step)
const reached = () => {
  if (--left === 0) process.kill(process.pid, 'SIGKILL')
}
const counted = <Work extends (...args: never[]) => unknown>(work: Work) =>
  function (this: unknown, ...args: Parameters<Work>) {
    reached()
    return work.apply(this, args)
  } as Work

const { readConfig } = await import('../config.ts')
const { rotateKey } = await import('../secrets/rotate.ts')
// From here on: what comes before only reads.
Object.assign(fs, {
  writeSync: counted(fs.writeSync),
  fsyncSync: counted(fs.fsyncSync),
  linkSync: counted(fs.linkSync),
  renameSync: counted(fs.renameSync),
})
syncBuiltinESMExports()
DatabaseSync.prototype.exec = counted(DatabaseSync.prototype.exec)
await rotateKey(readConfig({ ROADSTEAD_DATA: folder, NODE_ENV: 'test' }))
