// `npm run test:hard`: what takes longer than `npm test` may: a thousand kills, thousands of slow connections, requests of any
// shape to the gateway, whole tables at the real engines of the lab, the pages before every engine, and an hour of random faults.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  childEnvironment,
  ensureBuild,
  ensureChromium,
  ensureDependencies,
  nodePath,
  projectFolder,
} from './environment.js'

/** Each file with how often it is to do what it does a few times elsewhere. */
const steps = [
  ['server/audit/kill.test.ts', { ROADSTEAD_KILLS: '1000' }],
  [
    'server/gateway/docker-forward-faults.test.ts',
    { ROADSTEAD_FORWARD_CLIENTS: '200', ROADSTEAD_FORWARD_IDLE_SECONDS: '600' },
  ],
  ['server/gateway/docker-forward-peers.test.ts', { ROADSTEAD_FORWARD_CLIENTS: '200' }],
  ['server/http/slow.test.ts', { ROADSTEAD_SLOW_SOCKETS: '2000' }],
  [
    'server/gateway/fuzz.test.ts',
    { ROADSTEAD_FUZZ_ROUNDS: '20000', ROADSTEAD_FUZZ_SEED: `${Date.now() % 1e9}` },
  ],
]

/** Of these `npm test` takes every few rows, or an older engine of one kind and a newer of the other. */
const tables = readdirSync(join(projectFolder, 'server'), { recursive: true })
  .filter((path) => path.endsWith('.engine.test.ts'))
  .map((path) => `server/${path.replaceAll('\\', '/')}`)
  .filter((path) => readFileSync(join(projectFolder, path), 'utf8').includes('/whole-tables.ts'))
  .concat('server/tasks/engine-disk.engine.test.ts')
  .sort()

ensureDependencies()
ensureChromium()
ensureBuild()
let failed = false
for (const [file, given] of steps) step(file, 'vitest', ['run', '--project', 'unit', file], given)
step('lab', nodePath(), ['e2e/lab/cli.ts', 'up'])
for (const file of tables)
  step(file, 'vitest', ['run', '--project', 'engine*', file], { ROADSTEAD_TABLES: 'whole' })
for (const project of ['pages', 'alone'])
  step(`${project} in Chromium`, 'playwright', ['test', `--project=${project}`], {
    ROADSTEAD_TABLES: 'whole',
  })
step('server/hour.engine.test.ts', 'vitest', ['run', '--project', 'engine*', 'server/hour.engine.test.ts'], {
  ROADSTEAD_HOUR_MINUTES: '60',
  ROADSTEAD_HOUR_SEED: `${Date.now() % 1e9}`,
})
step('lab', nodePath(), ['e2e/lab/cli.ts', 'down'])
process.exit(failed ? 1 : 0)

function step(name, command, args, given = {}) {
  const began = performance.now()
  // What is set already counts: `ROADSTEAD_KILLS=50 npm run test:hard`.
  const env = { ...given, ...childEnvironment() }
  const { status } = spawnSync(command, args, { cwd: projectFolder, stdio: 'inherit', env })
  const seconds = ((performance.now() - began) / 1000).toFixed(0)
  console.log(`== ${name}: ${status === 0 ? 'passed' : 'FAILED'} after ${seconds} s`)
  if (status !== 0) failed = true
}
