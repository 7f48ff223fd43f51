// `npm start [-- --lab]` and `npm run dev`: sets up what is missing, then serves.
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  becomeChild,
  childEnvironment,
  ensureBuild,
  ensureDependencies,
  nodePath,
  projectFolder,
  runOrStop,
  stop,
} from './environment.js'

const flags = new Set(process.argv.slice(2))
const known = ['--dev', '--lab']
for (const flag of flags)
  if (!known.includes(flag)) stop(`Unknown option ${flag}. Options: ${known.join(' ')}.`)
const dev = flags.has('--dev')

ensureDependencies()
if (!dev) ensureBuild()

const extra = {}
if (flags.has('--lab')) {
  runOrStop(nodePath(), ['e2e/lab/cli.ts', 'up'], { env: childEnvironment() })
  extra.ROADSTEAD_LAB_STATE = join(
    process.env.ROADSTEAD_LAB_DIR ?? join(tmpdir(), 'roadstead-lab'),
    'lab.json',
  )
  // The lab is a thing to look at: it goes when the dashboard goes.
  process.on('exit', () => {
    spawnSync(nodePath(), ['e2e/lab/cli.ts', 'down'], {
      cwd: projectFolder,
      stdio: 'inherit',
      env: childEnvironment(),
    })
  })
}

const server = dev
  ? ['--watch-path=server', '--watch-path=lib', 'server/index.ts', '--dev']
  : ['server/index.ts']
becomeChild(nodePath(), server, childEnvironment({ NODE_ENV: dev ? 'development' : 'production', ...extra }))
