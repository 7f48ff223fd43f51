// Plain JavaScript for the machine's own Node, whatever is installed: no dependency, no types.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const projectFolder = join(dirname(fileURLToPath(import.meta.url)), '..')
const modules = join(projectFolder, 'node_modules')

/** Ends with one line a person can act on. */
export function stop(line) {
  console.error(line)
  process.exit(1)
}

/** Node 26 of our own dependencies, or the machine's when it is as new. */
export function nodePath() {
  const bundled = join(modules, '.bin', 'node')
  if (existsSync(bundled)) return bundled
  if (Number(process.versions.node.split('.')[0]) >= 26) return process.execPath
  return stop(
    `Roadstead runs on Node 26; this machine has ${process.versions.node} and npm offers no Node for ${process.platform}-${process.arch}. Install Node 26 and start again.`,
  )
}

/** Runs a command with the right Node first on its PATH. Ends the start when it fails. */
export function runOrStop(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: projectFolder, stdio: 'inherit', ...options })
  if (result.error) stop(`${command} could not be started: ${result.error.message}`)
  if (result.status !== 0) stop(`\`${command} ${args.join(' ')}\` failed with exit code ${result.status}.`)
}

export function childEnvironment(extra = {}) {
  return {
    ...process.env,
    NEXT_TELEMETRY_DISABLED: '1',
    // Of four hundred files of TypeScript the types are taken out once, and not at each start: a second of two.
    NODE_COMPILE_CACHE: join(modules, '.cache/node'),
    PATH: `${join(modules, '.bin')}:${process.env.PATH}`,
    ...extra,
  }
}

/** Installs the dependencies when the lock file is not the one they were installed from. */
export function ensureDependencies() {
  if (Number(process.versions.node.split('.')[0]) < 20)
    stop(`Node 20 or newer is needed to start; this is ${process.versions.node}.`)
  const lock = hashOf([join(projectFolder, 'package-lock.json')])
  const stamp = join(modules, '.roadstead-lock')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === lock) return
  console.log('Installing dependencies (once)...')
  // Scripts of packages are not needed: ssh2's optional native parts have pure JavaScript in their place.
  runOrStop('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'])
  mkdirSync(modules, { recursive: true })
  writeFileSync(stamp, lock)
}

/**
 * The browser tests need a Chromium, and those of a sub-path and of TLS an nginx; Debian has both. Elsewhere the Chromium's path can
 * be given.
 */
export function ensureChromium() {
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

/** Builds the pages when there is no build of exactly these sources. */
export function ensureBuild() {
  const sources = ['app', 'components', 'lib', 'public'].flatMap((folder) =>
    filesBelow(join(projectFolder, folder)),
  )
  for (const file of ['next.config.js', 'package-lock.json', 'postcss.config.mjs', 'tsconfig.json'])
    sources.push(join(projectFolder, file))
  const state = hashOf(sources.filter((path) => !/\.test\.tsx?$/.test(path)))
  const stamp = join(projectFolder, '.next', 'roadstead-sources')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === state) return
  console.log('Building the pages (once per version)...')
  const next = join(modules, 'next', 'dist', 'bin', 'next')
  runOrStop(nodePath(), [next, 'build'], { env: childEnvironment({ NODE_ENV: 'production' }) })
  writeFileSync(stamp, state)
}

function filesBelow(folder) {
  if (!existsSync(folder)) return []
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    return statSync(path).isDirectory() ? filesBelow(path) : [path]
  })
}

function hashOf(paths) {
  const hash = createHash('sha256')
  for (const path of paths.sort()) {
    if (!existsSync(path)) continue
    hash.update(path.slice(projectFolder.length)).update('\0').update(readFileSync(path))
  }
  return hash.digest('hex')
}

/** Runs a long-lived child in the foreground; its signals and its exit code are ours. */
export function becomeChild(command, args, env) {
  const child = spawn(command, args, { cwd: projectFolder, stdio: 'inherit', env })
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  // A terminal sends Ctrl-C to the child as well; a second one would end it at once.
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'))
  child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)))
}
