import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Client, clientSetUp } from '#components/hosts/client-set-up.ts'
import { socketPath } from '#components/hosts/docker-set-up.ts'
import { freePort } from '#e2e/lab/free-port.ts'
import { ensureClient, ensureNewerEngine, ensureTestcontainers } from '#e2e/lab/packages.ts'
import { run } from '#e2e/lab/run.ts'
import { type EngineName, labEngine } from '#e2e/lab/state.ts'
import type { MadeToken } from '#lib/contracts/account.ts'
import { type Permission, permissions } from '#lib/permissions.ts'
import { type AppUnderTest, startApp } from '../testing/app-under-test.ts'
import { addLabHosts } from '../testing/lab-hosts.ts'
import { wholeTables } from '../testing/whole-tables.ts'

const folder = mkdtempSync(join(tmpdir(), 'roadstead-use-with-'))
const image = 'lab.internal/web:2.0'
let test: AppUnderTest
let token: string

beforeAll(async () => {
  test = await startApp()
  await test.setUp()
  await addLabHosts(test, ['docker-unix', 'podman-unix'])
  // What the page offers for reading.
  token = await tokenOf(['gateway.use', 'hosts.view', 'containers.view', 'images.view', 'networks.view'])
  // For what imports from the folder that it works in.
  symlinkSync(join(import.meta.dirname, '../../node_modules'), join(folder, 'node_modules'))
})
afterAll(async () => {
  await test?.close()
  rmSync(folder, { recursive: true, force: true })
})

async function tokenOf(permissions: readonly Permission[]): Promise<string> {
  const { json } = await test.call('POST', '/api/account/tokens', { name: 'use', hours: 1, permissions })
  return (json as MadeToken).token
}

/** The commands of the page, with the program in between on a socket of this test's. */
function commandsOf(client: Client, engine: EngineName): string {
  const access = { host: { id: engine, name: engine }, token, origin: test.origin, basePath: '' }
  const script = clientSetUp(client, access).replaceAll(socketPath, join(folder, `${client}.sock`))
  // The program in between ends with its shell.
  return `trap 'kill $! 2>/dev/null || true' EXIT\n${script}`
}

/** Clients of this machine that are on the page, and what of them says that they were at that engine. */
it.each<[Client, EngineName]>([
  ['curl', 'docker-unix'],
  ['docker', 'docker-unix'],
  ['dockerPy', 'docker-unix'],
  ['dockerode', 'docker-unix'],
  ['podman', 'podman-unix'],
])('%s lists the containers of %s by the commands of the page', async (client, engine) => {
  // Debian's own, and the Node that the server runs in.
  const path = `/usr/bin:${dirname(process.execPath)}:/bin`
  const env = { ...process.env, HOME: folder, PATH: path }
  const { code, stdout, stderr } = await run('sh', ['-ec', commandsOf(client, engine)], {
    check: false,
    cwd: folder,
    env,
  })
  expect([code, stderr]).toEqual([0, expect.any(String)])
  expect(stdout).toMatch(/\bweb\b/)
})

// Other clients of Debian and of npm, which the lab does without and fetches: for the whole table.
describe.skipIf(!wholeTables)('a client that is fetched', () => {
  const given = (more: Record<string, string>) => ({ ...process.env, HOME: folder, ...more })
  const path = `/usr/bin:${dirname(process.execPath)}:/bin`

  it('Ansible lists containers, in a shell whose output it shares with the program in between', async () => {
    const usr = join(await ensureClient('ansible'), 'usr')
    const env = given({
      PATH: `${usr}/bin:${path}`,
      PYTHONPATH: `${usr}/lib/python3/dist-packages`,
      ANSIBLE_HOME: join(folder, 'ansible'),
      LC_ALL: 'C.UTF-8',
    })
    const script = commandsOf('ansible', 'docker-unix')
    const { code, stdout, stderr } = await run('sh', ['-ec', script], { check: false, cwd: folder, env })
    expect([code, stdout + stderr]).toEqual([0, expect.stringContaining('localhost | SUCCESS')])
    expect(stdout).toMatch(/"\/web"/)
  })

  it('compose works by the settings of docker', async () => {
    const { compose, docker } = {
      compose: join(await ensureClient('compose'), 'usr/libexec/docker/cli-plugins/docker-compose'),
      docker: join(await ensureNewerEngine('dockerClient', () => {}), 'usr'),
    }
    const plugins = join(folder, '.docker-roadstead/cli-plugins')
    mkdirSync(plugins, { recursive: true })
    symlinkSync(compose, join(plugins, 'docker-compose'))
    writeFileSync(join(folder, 'compose.yaml'), `services: { idle: { image: "${image}" } }\n`)
    const env = given({ PATH: `${docker}/bin:${path}` })
    const listed = await run('sh', ['-ec', commandsOf('compose', 'docker-unix')], {
      check: false,
      cwd: folder,
      env,
    })
    expect([listed.code, listed.stdout + listed.stderr]).toEqual([0, expect.stringMatching(/^NAME\s+IMAGE/m)])
  })

  it('Prometheus finds containers', async () => {
    const port = await freePort()
    const own = `prometheus --config.file=prometheus.yml --web.listen-address=127.0.0.1:${port}`
    const script = commandsOf('prometheus', 'docker-unix').replace(
      'prometheus --config.file=prometheus.yml',
      `exec ${own} --storage.tsdb.path=${folder}/data`,
    )
    const env = given({ PATH: path })
    // A group of its own, which the program in between ends with.
    const shell = spawn('sh', ['-ec', script], { cwd: folder, env, stdio: 'ignore', detached: true })
    try {
      const found = async () => {
        const answer = await fetch(`http://127.0.0.1:${port}/api/v1/targets?state=active`).catch(() => null)
        return (await answer?.text()) ?? ''
      }
      await expect.poll(found).toContain('"__meta_docker_container_name":"/web"')
    } finally {
      process.kill(-(shell.pid ?? 0))
    }
  })

  it('Testcontainers starts a container, reaches its port and removes it', async () => {
    const name = `testcontainers-${randomUUID().slice(0, 8)}`
    const own = mkdtempSync(join(folder, 'testcontainers-'))
    symlinkSync(join(await ensureTestcontainers(), 'node_modules'), join(own, 'node_modules'))
    writeFileSync(
      join(own, 'package.json'),
      JSON.stringify({ type: 'module', scripts: { test: 'node test.js' } }),
    )
    writeFileSync(
      join(own, 'test.js'),
      `import { GenericContainer, Wait } from 'testcontainers'
const container = await new GenericContainer('${image}').withName('${name}').withExposedPorts(80)
  .withWaitStrategy(Wait.forListeningPorts()).start()
const answer = await fetch('http://' + container.getHost() + ':' + container.getMappedPort(80))
console.log('answered', answer.status)
await container.stop()
`,
    )
    const env = given({ PATH: path, TESTCONTAINERS_RYUK_DISABLED: 'true' })
    const before = token
    token = await tokenOf(permissions.filter((permission) => permission !== 'users.edit'))
    const script = commandsOf('testcontainers', 'docker-unix').replace(
      'ADDRESS_OF_THE_HOST',
      labEngine('docker-unix').address,
    )
    token = before
    const { code, stdout, stderr } = await run('sh', ['-ec', script], { check: false, cwd: own, env })
    expect([code, stdout + stderr]).toEqual([0, expect.stringMatching(/answered \d+/)])
  })
})
