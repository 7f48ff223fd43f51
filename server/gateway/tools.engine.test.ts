import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ensureNewerEngine } from '#e2e/lab/packages.ts'
import { type RunResult, run } from '#e2e/lab/run.ts'
import { type EngineName, labEngine } from '#e2e/lab/state.ts'
import type { MadeToken } from '#lib/contracts/account.ts'
import { permissions } from '#lib/permissions.ts'
import { type AppUnderTest, startApp } from '../testing/app-under-test.ts'
import { itAt } from '../testing/it-at.ts'
import { addLabHosts } from '../testing/lab-hosts.ts'
import { sampleOf } from '../testing/whole-tables.ts'

/** Those of `npm test` build on Docker 20.10 in tls.engine.test.ts. */
const engines = sampleOf<EngineName>(['docker28-tcp', 'docker-unix'], 2)
const podmans: readonly EngineName[] = ['podman-unix']
const mark = `tools-${randomUUID().slice(0, 8)}`
const folder = mkdtempSync(join(tmpdir(), 'roadstead-tools-'))
const image = 'lab.internal/web:2.0'
const forwarders: ChildProcess[] = []
let test: AppUnderTest
let newest: string

beforeAll(async () => {
  const client = await ensureNewerEngine('dockerClient', () => {})
  newest = join(client, 'usr/bin/docker')
  test = await startApp()
  await test.setUp()
  await addLabHosts(test, [...engines, ...podmans])
  const { token } = (
    await test.call('POST', '/api/account/tokens', {
      name: 'tools',
      hours: 1,
      permissions: permissions.filter((name) => name !== 'users.edit'),
    })
  ).json as MadeToken
  for (const engine of [...engines, ...podmans]) {
    const home = homeOf(engine)
    mkdirSync(join(home, 'cli-plugins'), { recursive: true })
    const buildx = 'cli-plugins/docker-buildx'
    symlinkSync(join(client, 'usr/libexec/docker', buildx), join(home, buildx))
    const headers = { Authorization: `Bearer ${token}`, 'Roadstead-Host': engine }
    writeFileSync(join(home, 'config.json'), JSON.stringify({ HttpHeaders: headers }))
    const program = [join(import.meta.dirname, 'docker-forward.mjs'), `${test.origin}/h/${engine}`]
    const forwarder = spawn(process.execPath, [...program, socketOf(engine)], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ROADSTEAD_TOKEN: token },
    })
    forwarders.push(forwarder)
    await new Promise((resolve) => forwarder.stdout?.once('data', resolve))
  }
  writeFileSync(join(folder, 'secret'), `secret ${mark}`)
  mkdirSync(join(folder, 'context'))
  writeFileSync(join(folder, 'context/file'), randomUUID().repeat(30_000))
  // The session carries the context one way, and a secret that is asked for while the build goes on.
  const build = [
    `FROM ${image}`,
    'COPY file /file',
    'RUN --mount=type=secret,id=s wc -c < /run/secrets/s > /seen',
  ]
  writeFileSync(join(folder, 'context/Dockerfile'), build.join('\n'))
})
afterAll(async () => {
  for (const forwarder of forwarders) forwarder.kill()
  for (const engine of engines) await direct(engine, '/usr/bin/docker', ['rmi', '-f', built(engine)])
  await test?.close()
  rmSync(folder, { recursive: true, force: true })
})

const homeOf = (engine: EngineName) => join(folder, engine)
const socketOf = (engine: EngineName) => join(folder, `${engine}.sock`)
const built = (engine: EngineName) => `${mark}/${engine}:1`
const at = (host: string) => (engine: EngineName, command: string, args: string[]) =>
  run(command, args, {
    check: false,
    cwd: folder,
    env: {
      ...process.env,
      HOME: folder,
      DOCKER_CONFIG: homeOf(engine),
      DOCKER_HOST: host,
      DOCKER_BUILDKIT: '1',
    },
  })
const through = (engine: EngineName, ...call: [string, string[]]) =>
  at(`${test.origin.replace('http:', 'tcp:')}/h/${engine}`)(engine, ...call)
const forwarded = (engine: EngineName, ...call: [string, string[]]) =>
  at(`unix://${socketOf(engine)}`)(engine, ...call)
const direct = (engine: EngineName, ...call: [string, string[]]) =>
  at(`unix://${labEngine(engine).localSocketPath}`)(engine, ...call)

describe('BuildKit', () => {
  const itAtEach = itAt(engines)
  const args = (engine: EngineName, ...more: string[]) => [
    'build',
    ...more,
    '--secret',
    `id=s,src=${join(folder, 'secret')}`,
    '-t',
    built(engine),
    join(folder, 'context'),
  ]
  const isBuilt = async (engine: EngineName, { code, stderr }: RunResult) => {
    expect(stderr).toContain('naming to')
    expect(code).toBe(0)
    const shown = await through(engine, '/usr/bin/docker', [
      'run',
      '--rm',
      built(engine),
      'sh',
      '-c',
      'wc -c < /file; cat /seen',
    ])
    expect(shown.stdout.split(/\s+/).filter(Boolean)).toEqual(['1080000', String(mark.length + 7)])
    await direct(engine, '/usr/bin/docker', ['rmi', '-f', built(engine)])
  }

  itAtEach('builds for docker 20.10, which names its host in a header', async (engine) => {
    await isBuilt(
      engine,
      await through(engine, '/usr/bin/docker', args(engine, '--no-cache', '--progress=plain')),
    )
  })

  itAtEach('builds for docker 28 and its buildx through the program in between', async (engine) => {
    await isBuilt(engine, await forwarded(engine, newest, args(engine, '--no-cache', '--progress=plain')))
    const listed = await forwarded(engine, newest, [
      'buildx',
      'ls',
      '--format',
      '{{.Name}} {{.DriverEndpoint}}',
    ])
    expect(listed).toEqual(
      await direct(engine, newest, ['buildx', 'ls', '--format', '{{.Name}} {{.DriverEndpoint}}']),
    )
  })

  itAtEach('tells buildx without it what is missing', async (engine) => {
    const { code, stderr } = await through(engine, newest, args(engine))
    expect([code, stderr]).toEqual([1, expect.stringContaining('docker-forward.mjs')])
  })
})

it.each(podmans)('podman as a remote client works on %s through the program in between', async (engine) => {
  const socket = `unix://${labEngine(engine).localSocketPath}`
  const podman = (at: string, args: string[], input = '') =>
    run('/usr/bin/podman', ['--remote', '--url', at, ...args], {
      check: false,
      input,
      env: { ...process.env, HOME: folder },
    })
  const name = `${mark}-p`
  const day: [args: string[], input?: string][] = [
    [['run', '-i', '--rm', image, 'sh', '-c', 'cat; echo err >&2; exit 4'], 'typed\n'],
    [['create', '--name', name, image, 'sh', '-c', 'echo up; sleep 300']],
    [['start', name]],
    [['exec', '-i', name, 'cat'], 'typed\n'],
    [['inspect', name, '--format', '{{.State.Status}}']],
    [['logs', name]],
    [['rm', '-f', '-t', '0', name]],
  ]
  const results = []
  for (const at of [`unix://${socketOf(engine)}`, socket]) {
    const told = []
    for (const [args, input] of day) {
      const { code, stdout, stderr } = await podman(at, args, input)
      told.push({ args, code, stdout: stdout.replaceAll(/\b[0-9a-f]{64}\b/g, 'ID'), stderr })
    }
    results.push(told)
  }
  expect(results[0]).toEqual(results[1])
  expect(results[0]?.map(({ code }) => code)).toEqual([4, 0, 0, 0, 0, 0, 0])
  expect(results[0]?.[3]?.stdout).toBe('typed\n')
})
