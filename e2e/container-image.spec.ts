import { spawn } from 'node:child_process'
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, test } from '@playwright/test'
import type { Host } from '#lib/contracts/hosts.ts'
import { wholeTables } from '#server/testing/whole-tables.ts'
import { administrator } from './global-setup.ts'
import { ensureNewerEngine } from './lab/packages.ts'
import { run } from './lab/run.ts'
import { type EngineName, labEngine } from './lab/state.ts'

const image = 'lab.internal/roadstead-under-test'
const container = 'roadstead-under-test'
const port = 17700
/** Docker 28 builds it with BuildKit, 20.10 with the classic builder, which takes twice as long. */
const builders: readonly EngineName[] = wholeTables ? ['docker28-tcp', 'docker-unix'] : ['docker28-tcp']
let folder = ''
let command = ''

test.beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'roadstead-image-'))
  const client = await ensureNewerEngine('dockerClient', () => {})
  command = join(client, 'usr/bin/docker')
  mkdirSync(join(folder, 'config/cli-plugins'), { recursive: true })
  const buildx = 'cli-plugins/docker-buildx'
  symlinkSync(join(client, 'usr/libexec/docker', buildx), join(folder, 'config', buildx))
})

test.afterAll(async () => {
  for (const name of builders) {
    await dockerAt(name, ['rm', '--force', '--volumes', container], false)
    for (const tag of ['latest', 'base', 'build-base'])
      await dockerAt(name, ['rmi', '--force', `${image}:${tag}`], false)
  }
  rmSync(folder, { recursive: true, force: true })
})

/**
 * The Dockerfile as it is, but that `npm test` does not build the pages a second time: those of the run are put where that
 * step would leave them. Against a public build only the bases differ, since the engine reaches no registry: they are
 * made here of Node, busybox and Debian's C library, and the one to build on holds a filled npm cache beside npm.
 */
for (const name of builders)
  test(`${name}: the image builds, runs as nobody special, is healthy and shows the host it runs on`, async ({
    page,
  }) => {
    test.setTimeout(1_200_000)
    const engine = labEngine(name)
    const docker = (args: string[], check = true) => dockerAt(name, args, check)
    await makeBases(name)
    await docker([
      'build',
      ...(wholeTables ? [] : withPagesOfTheRun()),
      '--quiet',
      '--force-rm',
      '--build-arg',
      `BASE=${image}:base`,
      '--build-arg',
      `BUILD_BASE=${image}:build-base`,
      '--tag',
      `${image}:latest`,
      '.',
    ])
    const [whole, base] = [await sizeOf(name, 'latest'), await sizeOf(name, 'base')]
    const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`
    process.stdout.write(`  image: ${megabytes(whole)}, of which ${megabytes(base)} are the base\n`)
    expect(whole - base).toBeLessThan(250e6)

    const origin = `http://${engine.address}:${port}`
    await docker([
      'run',
      '--detach',
      '--name',
      container,
      '--publish',
      `${port}:7700`,
      // The machine may be busy with other tests: what is not healthy yet is asked again until it is.
      '--health-interval',
      '2s',
      '--health-start-period',
      '120s',
      '--cap-drop',
      'ALL',
      '--security-opt',
      'no-new-privileges',
      '--env',
      `ROADSTEAD_URL=${origin}`,
      '--volume',
      '/run/docker.sock:/var/run/docker.sock',
      '--group-add',
      String(statSync(engine.localSocketPath).gid),
      `${image}:latest`,
    ])
    const health = () => docker(['inspect', '--format', '{{.State.Health.Status}}', container])
    const isHealthy = () =>
      expect
        .poll(health, { timeout: 120_000 })
        .toBe('healthy')
        .catch(async (error) => {
          throw new Error(await docker(['logs', container]), { cause: error })
        })
    await isHealthy()
    expect(await docker(['exec', container, 'id', '-u'])).toBe('1000')
    const token = /Set-up token[^:]*: (\S+)/.exec(await docker(['logs', container]))?.[1]

    await page.goto(origin)
    await expect(page).toHaveURL(`${origin}/setup`)
    await page.getByRole('textbox', { name: 'One-time token' }).fill(token ?? 'none was printed')
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill(administrator.name)
    await page.getByRole('textbox', { name: 'E-mail' }).fill(administrator.email)
    await page.getByRole('textbox', { name: 'Password' }).fill(administrator.password)
    await page.getByRole('button', { name: 'Make the administrator' }).click()
    await expect(page.getByRole('checkbox').first()).toBeVisible()
    const added = await page.request.post(`${origin}/api/hosts`, {
      data: { name: 'its-own-engine', transport: { kind: 'unix', socketPath: '/var/run/docker.sock' } },
      headers: { origin },
    })
    expect(added.status(), await added.text()).toBe(200)
    const hosts = async () => (await (await page.request.get(`${origin}/api/hosts`)).json()) as Host[]
    await expect.poll(async () => (await hosts())[0]?.state, { timeout: 30_000 }).toBe('online')
    await page.goto(`${origin}/containers?filter=${container}`)
    await expect(page.getByRole('row').filter({ hasText: container })).toContainText('running')

    // Commands for the operator are in it, and one that needs the data for itself does not take it from the server.
    expect(await docker(['exec', container, 'node', 'scripts/verify-audit.ts'])).toContain(
      'The audit log holds',
    )
    const rotation = ['exec', container, 'sh', '-c', 'node scripts/rotate-key.ts 2>&1']
    expect(await docker(rotation, false)).toContain('Another Roadstead is using /data')

    // Account, session and host are on the volume.
    await docker(['restart', container])
    await isHealthy()
    await expect.poll(async () => (await hosts())[0]?.state, { timeout: 30_000 }).toBe('online')
  })

/** Options of `docker build`: the Dockerfile with the pages that the tests run on in place of the step that builds them. */
function withPagesOfTheRun(): string[] {
  const step = 'RUN NODE_ENV=production node node_modules/next/dist/bin/next build'
  const parts = readFileSync('Dockerfile', 'utf8').split(step)
  expect(parts).toHaveLength(2)
  writeFileSync(join(folder, 'Dockerfile'), parts.join('COPY --from=pages . .next/\nRUN true'))
  const pages = join(folder, 'pages')
  cpSync('.next', pages, { recursive: true, filter: (path) => path !== join('.next', 'cache') })
  return ['--file', join(folder, 'Dockerfile'), '--build-context', `pages=${pages}`]
}

/** Docker's own client of today; what the engine has to build with, it takes. Resolves with its output. */
async function dockerAt(name: EngineName, args: string[], check = true): Promise<string> {
  const at = ['-H', `unix://${labEngine(name).localSocketPath}`]
  const { DOCKER_CONTEXT: _, DOCKER_HOST: __, ...env } = process.env
  const DOCKER_BUILDKIT = name === 'docker-unix' ? '0' : '1'
  const result = await run(command, [...at, ...args], {
    check,
    env: { ...env, DOCKER_BUILDKIT, DOCKER_CONFIG: join(folder, 'config') },
  })
  return result.stdout.trim()
}

async function sizeOf(name: EngineName, tag: string): Promise<number> {
  return Number(await dockerAt(name, ['image', 'inspect', '--format', '{{.Size}}', `${image}:${tag}`]))
}

async function makeBases(name: EngineName): Promise<void> {
  const root = join(folder, name, 'root')
  for (const path of ['bin', 'usr/bin', 'usr/local/bin', 'usr/local/etc', 'etc', 'proc', 'sys', 'dev', 'tmp'])
    mkdirSync(join(root, path), { recursive: true })
  copyFileSync('/bin/busybox', join(root, 'bin/busybox'))
  for (const applet of (await run('/bin/busybox', ['--list'])).stdout.split('\n'))
    if (applet && applet !== 'busybox') symlinkSync('busybox', join(root, 'bin', applet))
  symlinkSync('/bin/env', join(root, 'usr/bin/env'))
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\nnode:x:1000:1000::/tmp:/bin/sh\n')
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\nnode:x:1000:\n')
  const node = realpathSync(process.execPath)
  copyFileSync(node, join(root, 'usr/local/bin/node'))
  // The whole of Debian's C library, not just what Node links: the compilers of the pages also want librt.
  const linked = (await run('ldd', [node])).stdout.match(/\/\S+/g) ?? []
  const known = (await run('/sbin/ldconfig', ['-p'])).stdout
  const librt = /=> (\/lib\/\S*linux-gnu\/librt\.so\.1)/.exec(known)?.[1]
  for (const path of [...linked, ...(librt ? [librt] : [])]) {
    mkdirSync(join(root, dirname(path)), { recursive: true })
    copyFileSync(realpathSync(path), join(root, path))
  }
  await importImage(name, root, 'base')

  const npm = realpathSync((await run('sh', ['-c', 'command -v npm'])).stdout.trim())
  cpSync(join(dirname(npm), '..'), join(root, 'usr/local/lib/node_modules/npm'), { recursive: true })
  symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(root, 'usr/local/bin/npm'))
  // The cache is keyed by the address that it was filled from.
  const registry = (await run('npm', ['config', 'get', 'registry'])).stdout.trim()
  await fillCache(join(root, 'npm-cache'), registry)
  writeFileSync(
    join(root, 'usr/local/etc/npmrc'),
    `offline=true\ncache=/npm-cache\nregistry=${registry}\nomit-lockfile-registry-resolved=true\n`,
  )
  await importImage(name, root, 'build-base')
}

/** The packages of the lock file: from npm's own cache of this machine where it has them all, or else from the registry. */
async function fillCache(cache: string, registry: string): Promise<void> {
  const own = join((await run('npm', ['config', 'get', 'cache'])).stdout.trim(), '_cacache')
  const contents = cachedContents(own, registry)
  if (contents) {
    cpSync(join(own, 'index-v5'), join(cache, '_cacache/index-v5'), { recursive: true })
    for (const path of contents) cpSync(join(own, path), join(cache, '_cacache', path))
    return
  }
  const filling = join(folder, 'filling')
  mkdirSync(filling)
  for (const name of ['package.json', 'package-lock.json']) copyFileSync(name, join(filling, name))
  await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--cache', cache], { cwd: filling })
}

/**
 * Where npm keeps the installed packages and what the registry says of each: files named by the hexadecimal digits of
 * their digest, and an index of addresses (github.com/npm/cacache: content-v2, index-v5). Null where one is not there.
 */
function cachedContents(own: string, registry: string): Set<string> | null {
  const index = join(own, 'index-v5')
  if (!existsSync(index)) return null
  const kept = new Map<string, string>()
  for (const file of readdirSync(index, { recursive: true, withFileTypes: true }).filter((each) =>
    each.isFile(),
  ))
    for (const line of readFileSync(join(file.parentPath, file.name), 'utf8').split('\n').filter(Boolean)) {
      const { key, integrity } = JSON.parse(line.slice(line.indexOf('\t') + 1))
      kept.set(decodeURIComponent(key.slice(key.indexOf(registry) + registry.length)), integrity)
    }
  const { packages } = JSON.parse(readFileSync('node_modules/.package-lock.json', 'utf8')) as {
    packages: Record<string, { name?: string; integrity?: string }>
  }
  const contents = Object.entries(packages).flatMap(([path, { name, integrity }]) => [
    integrity,
    kept.get(name ?? path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)),
  ])
  const paths = contents.map((integrity = '') => {
    const [algorithm = '', digest = ''] = integrity.split('-')
    const digits = Buffer.from(digest, 'base64').toString('hex')
    return join('content-v2', algorithm, digits.slice(0, 2), digits.slice(2, 4), digits.slice(4))
  })
  const isThere = (path: string) => statSync(join(own, path), { throwIfNoEntry: false })?.isFile()
  return paths.every(isThere) ? new Set(paths) : null
}

function importImage(name: EngineName, root: string, tag: string): Promise<void> {
  const change = 'ENV PATH=/usr/local/bin:/usr/bin:/bin'
  const at = `unix://${labEngine(name).localSocketPath}`
  const tar = spawn('tar', ['--owner=0', '--group=0', '--numeric-owner', '-C', root, '-c', '.'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const client = spawn('/usr/bin/docker', ['-H', at, 'import', '--change', change, '-', `${image}:${tag}`], {
    stdio: [tar.stdout, 'ignore', 'inherit'],
  })
  return new Promise((resolve, reject) => {
    client.once('error', reject)
    client.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`docker import: ${code}`))))
  })
}
