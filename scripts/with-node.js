// Runs a script under a Node that strips types: the one npm installed beside us when the machine's is too old.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const bundled = join(import.meta.dirname ?? '.', '..', 'node_modules', '.bin', 'node')
const node = existsSync(bundled) ? bundled : process.execPath
const child = spawn(node, process.argv.slice(2), { stdio: 'inherit' })
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)))
