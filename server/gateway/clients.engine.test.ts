import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, it } from 'vitest'
import { engineCall } from '#e2e/lab/engine-http.ts'
import { ensureNewerEngine } from '#e2e/lab/packages.ts'
import { run } from '#e2e/lab/run.ts'
import { type EngineName, labEngine, labRegistry } from '#e2e/lab/state.ts'
import type { MadeToken } from '#lib/contracts/account.ts'
import { permissions } from '#lib/permissions.ts'
import { type AppUnderTest, startApp } from '../testing/app-under-test.ts'
import { addLabHosts } from '../testing/lab-hosts.ts'

/** A client's day on an engine, and the codes other than 0 of what is refused there or said to fail, in turn. */
interface Day {
  client: string
  engine: EngineName
  command: string[]
  codes: string
}

const scripts = join(import.meta.dirname, '../testing/day')
const mark = `day-${randomUUID().slice(0, 6)}`
const folder = mkdtempSync(join(tmpdir(), 'roadstead-clients-'))
let test: AppUnderTest
let token: string
let newest: string

const docker = ['sh', join(scripts, 'docker.sh')]
const compose = ['sh', join(scripts, 'compose.sh')]
const python = ['/usr/bin/python3', join(scripts, 'docker_py.py')]
const dockerode = [process.execPath, join(scripts, 'dockerode.mjs')]
const days: Day[] = [
  { client: 'docker 20.10', engine: 'docker-unix', command: docker, codes: '3 127 5 4 5 1 1 1 1 1' },
  // Podman 4 has forgotten the code of what is removed at once, and cannot update.
  { client: 'docker 20.10', engine: 'podman-unix', command: docker, codes: '1 4 5 1 1 1 1 1' },
  { client: 'the newest docker', engine: 'docker28-tcp', command: docker, codes: '3 127 5 4 5 1 1 1 1 1' },
  { client: 'the newest docker', engine: 'podman5-tcp', command: docker, codes: '3 1 5 4 5 1 1 1 1 1' },
  { client: 'docker-compose', engine: 'docker-unix', command: compose, codes: '3 1' },
  { client: 'docker-compose', engine: 'podman-unix', command: compose, codes: '3 1 1' },
  { client: 'docker-py', engine: 'docker-unix', command: python, codes: '' },
  { client: 'docker-py', engine: 'podman-unix', command: python, codes: '' },
  { client: 'dockerode', engine: 'docker28-tcp', command: dockerode, codes: '' },
  { client: 'dockerode', engine: 'podman-unix', command: dockerode, codes: '' },
]
const engines = [...new Set(days.map(({ engine }) => engine))]

beforeAll(async () => {
  newest = join(await ensureNewerEngine('dockerClient', () => {}), 'usr/bin/docker')
  test = await startApp()
  await test.setUp()
  await addLabHosts(test, engines)
  const { json } = await test.call('POST', '/api/account/tokens', {
    ...{ name: 'clients', hours: 1, permissions: permissions.filter((name) => name !== 'users.edit') },
  })
  token = (json as MadeToken).token
})
afterAll(async () => {
  await test?.close()
  // What a day that went wrong has left.
  for (const engine of engines) {
    const socketPath = labEngine(engine).localSocketPath
    const named = encodeURIComponent(JSON.stringify({ name: [mark] }))
    const left = await engineCall<{ Id: string }[]>(
      socketPath,
      'GET',
      `/v1.41/containers/json?all=1&filters=${named}`,
    )
    for (const { Id } of left) await engineCall(socketPath, 'DELETE', `/v1.41/containers/${Id}?force=1&v=1`)
  }
  rmSync(folder, { recursive: true, force: true })
})

/** What a day's script prints, with what is another each time called the same. */
async function work({ client, engine, command: [program = '', ...args] }: Day, host: string, way: string) {
  const name = `${mark}-${days.findIndex((day) => day.client === client && day.engine === engine)}${way}`
  const cwd = join(folder, name)
  mkdirSync(join(cwd, 'config'), { recursive: true })
  const config = way === 'g' ? { HttpHeaders: { Authorization: `Bearer ${token}` } } : {}
  writeFileSync(join(cwd, 'config/config.json'), JSON.stringify(config))
  const { code, stdout, stderr } = await run(program, args, {
    ...{ cwd, check: false },
    env: {
      ...{ ...process.env, HOME: cwd, DOCKER_CONFIG: join(cwd, 'config'), DOCKER_HOST: host, TOKEN: token },
      ...{ DOCKER: client === 'docker 20.10' ? '/usr/bin/docker' : newest, NAME: name },
      ...{ IMAGE: 'lab.internal/web:2.0', REGISTRY: labRegistry('open').address },
    },
  })
  return `${stdout}${stderr}ended with ${code}`
    .replaceAll(name, 'NAME')
    .replaceAll(/\b[0-9a-f]{10,64}\b/g, 'ID')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
}

it.concurrent.for(days)(
  '$client has the same day on $engine as at its socket',
  { timeout: 300_000 },
  async (day, { expect }) => {
    const [direct, through] = await Promise.all([
      work(day, `unix://${labEngine(day.engine).localSocketPath}`, 'd'),
      work(day, `${test.origin.replace('http:', 'tcp:')}/h/${day.engine}`, 'g'),
    ])
    expect(through).toBe(direct)
    expect(direct).toMatch(/ended with 0$/)
    // Nothing else is refused, in both alike.
    expect([...direct.matchAll(/^= ([^0]\d*)$/gm)].map(([, code]) => code).join(' ')).toBe(day.codes)
  },
)
