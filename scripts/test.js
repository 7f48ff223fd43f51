// `npm test`: everything. Types, lint, unit, integration against real engines, and the pages in a real Chromium.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import {
  childEnvironment,
  ensureBuild,
  ensureDependencies,
  nodePath,
  projectFolder,
  stop,
} from './environment.js'

const steps = [
  ['types', 'tsc', ['--noEmit', '--incremental', 'false', '-p', '.']],
  ['lint', 'oxlint', ['--deny-warnings', 'app', 'components', 'lib', 'server', 'e2e', 'bench', 'scripts']],
  ['format', 'biome', ['check', '.']],
  ['lab', 'node', ['e2e/lab/cli.ts', 'up']],
  ['unit and integration', 'vitest', ['run']],
  ['pages in Chromium', 'playwright', ['test']],
]

ensureDependencies()
ensureChromium()
const began = performance.now()
ensureBuild()
const env = childEnvironment()
const failed = []
try {
  for (const [name, command, args] of steps) {
    const start = performance.now()
    console.log(`\n== ${name}`)
    const program = command === 'node' ? nodePath() : command
    const { status } = spawnSync(program, args, { cwd: projectFolder, stdio: 'inherit', env })
    console.log(`== ${name}: ${status === 0 ? 'passed' : 'FAILED'} after ${seconds(start)} s`)
    if (status !== 0) failed.push(name)
  }
} finally {
  spawnSync(nodePath(), ['e2e/lab/cli.ts', 'down'], { cwd: projectFolder, stdio: 'inherit', env })
}
console.log(
  `\n${failed.length > 0 ? `FAILED: ${failed.join(', ')}` : 'All passed'} after ${seconds(began)} s`,
)
process.exit(failed.length > 0 ? 1 : 0)

function seconds(start) {
  return ((performance.now() - start) / 1000).toFixed(1)
}

/**
 * The browser tests need a Chromium, and those of a sub-path and of TLS an nginx; Debian has both. Elsewhere the Chromium's path can
 * be given.
 */
function ensureChromium() {
  const chromium = process.env.ROADSTEAD_CHROMIUM ?? '/usr/bin/chromium'
  const missing = [
    [chromium, 'chromium'],
    ['/usr/sbin/nginx', 'nginx-light'],
    ['/usr/lib/nginx/modules/ngx_stream_module.so', 'libnginx-mod-stream'],
  ].filter(([path]) => !existsSync(path))
  if (missing.length === 0) return
  const debian = existsSync('/usr/bin/apt-get') && process.getuid?.() === 0
  if (!debian)
    stop(
      `The tests need a Chromium, whose path can be given in ROADSTEAD_CHROMIUM, and an nginx. Missing: ${missing.map(([path]) => path).join(', ')}.`,
    )
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  for (const args of [
    ['update', '-q'],
    ['install', '-y', '-q', '--no-install-recommends', ...missing.map(([, name]) => name)],
  ]) {
    const { status } = spawnSync('apt-get', args, { stdio: ['ignore', 'ignore', 'inherit'], env })
    if (status !== 0) stop(`apt-get ${args[0]} failed with exit code ${status}.`)
  }
}
