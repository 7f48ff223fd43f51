// `npm test`: everything. Types, lint, unit, integration against real engines, and the pages in a real Chromium.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  childEnvironment,
  ensureBuild,
  ensureChromium,
  ensureDependencies,
  nodePath,
  projectFolder,
} from './environment.js'

/** Of the sources alone. */
const checks = [
  ['types', 'tsc', ['--noEmit', '--incremental', 'false', '-p', '.']],
  ['lint', 'oxlint', ['--deny-warnings', 'app', 'components', 'lib', 'server', 'e2e', 'bench', 'scripts']],
  ['format', 'biome', ['check', '.']],
]
/** Over the lab. What is in one row runs at once: unit tests compute, while those that want an engine to themselves wait for it. */
const vitest = (...projects) => ['run', ...projects.flatMap((name) => ['--project', name])]
const tests = [
  [['engines', 'vitest', vitest('engine')]],
  [
    ['unit', 'vitest', vitest('unit')],
    ['engines, one at a time', 'vitest', vitest('engine-alone')],
  ],
  [['engines on a quiet machine', 'vitest', vitest('engine-quiet')]],
  [['pages in Chromium', 'playwright', ['test', '--project=pages']]],
  [['pages that want the engines to themselves', 'playwright', ['test', '--project=alone']]],
]

ensureDependencies()
ensureChromium()
const began = performance.now()
const toldFolder = mkdtempSync(join(tmpdir(), 'roadstead-failed-tests-'))
const told = join(toldFolder, 'told.txt')
writeFileSync(told, '')
const env = childEnvironment({ ROADSTEAD_FAILED_TESTS: told })
const failed = []
// It comes up while the pages are built and the sources are checked: most of that time it waits.
const lab = spawn(nodePath(), ['e2e/lab/cli.ts', 'up'], {
  cwd: projectFolder,
  env,
  stdio: ['ignore', 'pipe', 'inherit'],
})
const labSays = lab.stdout.setEncoding('utf8').toArray()
const labEnds = once(lab, 'close')
process.on('exit', () => {
  lab.kill()
  spawnSync(nodePath(), ['e2e/lab/cli.ts', 'down'], { cwd: projectFolder, stdio: 'inherit', env })
  rmSync(toldFolder, { recursive: true, force: true })
})
ensureBuild()
for (const step of checks) await run(step)
const [labStatus] = await labEnds
console.log(`\n== lab\n${(await labSays).join('')}`)
over('lab', labStatus, began)
for (const [step, ...others] of tests) {
  const beside = others.map((other) => runBeside(other))
  await run(step)
  for (const ended of beside) await ended()
}
console.log(
  `${readFileSync(told, 'utf8')}\n${failed.length > 0 ? `FAILED: ${failed.join(', ')}` : 'All passed'} after ${seconds(began)} s`,
)
process.exit(failed.length > 0 ? 1 : 0)

async function run([name, command, args]) {
  const start = performance.now()
  console.log(`\n== ${name}`)
  const child = spawn(command, args, { cwd: projectFolder, stdio: 'inherit', env })
  const [status] = await once(child, 'close')
  over(name, status, start)
}

/** What it prints comes when it is waited for, and not between the lines of another. */
function runBeside([name, command, args]) {
  const start = performance.now()
  const child = spawn(command, args, { cwd: projectFolder, stdio: ['ignore', 'pipe', 'pipe'], env })
  const says = []
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => says.push(chunk))
  const ended = once(child, 'close').then(([status]) => ({ status, at: performance.now() }))
  return async () => {
    const { status, at } = await ended
    console.log(`\n== ${name}`)
    process.stdout.write(Buffer.concat(says))
    over(name, status, start, at)
  }
}

function over(name, status, start, end = performance.now()) {
  console.log(`== ${name}: ${status === 0 ? 'passed' : 'FAILED'} after ${seconds(start, end)} s`)
  if (status !== 0) failed.push(name)
}

function seconds(start, end = performance.now()) {
  return ((end - start) / 1000).toFixed(1)
}
