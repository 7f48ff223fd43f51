// `npm run test:hard`: what takes longer than `npm test` may: a thousand kills, thousands of slow connections. Without engines and
// without a browser.
import { spawnSync } from 'node:child_process'
import { childEnvironment, ensureDependencies, projectFolder } from './environment.js'

/** Each file with how often it is to do what it does a few times elsewhere. */
const steps = [
  ['server/audit/kill.test.ts', { ROADSTEAD_KILLS: '1000' }],
  ['server/http/slow.test.ts', { ROADSTEAD_SLOW_SOCKETS: '2000' }],
]

ensureDependencies()
let failed = false
for (const [file, given] of steps) {
  const began = performance.now()
  // What is set already counts: `ROADSTEAD_KILLS=50 npm run test:hard`.
  const env = { ...given, ...childEnvironment() }
  const { status } = spawnSync('vitest', ['run', '--project', 'unit', file], {
    ...{ cwd: projectFolder, stdio: 'inherit', env },
  })
  const seconds = ((performance.now() - began) / 1000).toFixed(0)
  console.log(`== ${file}: ${status === 0 ? 'passed' : 'FAILED'} after ${seconds} s`)
  if (status !== 0) failed = true
}
process.exit(failed ? 1 : 0)
