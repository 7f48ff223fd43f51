import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { run } from '#e2e/lab/run.ts'
import { type EngineName, labEngine, labRegistry } from '#e2e/lab/state.ts'
import type { MadeToken } from '#lib/contracts/account.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import { permissions } from '#lib/permissions.ts'
import { type AppUnderTest, startApp } from '../testing/app-under-test.ts'
import { labTransport } from '../testing/lab-hosts.ts'

const engines: readonly EngineName[] = ['docker-unix', 'docker28-tcp', 'podman-unix']
const mark = `gateway-${randomUUID().slice(0, 8)}`
const folder = mkdtempSync(join(tmpdir(), 'roadstead-gateway-'))
const image = 'lab.internal/web:2.0'
let test: AppUnderTest

beforeAll(async () => {
  test = await startApp()
  await test.setUp()
  for (const name of engines) await test.call('POST', '/api/hosts', { name, transport: labTransport(name) })
  const online = async () =>
    ((await test.call('GET', '/api/hosts')).json as Host[]).every((host) => host.state === 'online')
  for (const end = Date.now() + 30_000; !(await online()) && Date.now() < end; )
    await new Promise((resolve) => setTimeout(resolve, 100))
  const { token } = (
    await test.call('POST', '/api/account/tokens', {
      ...{ name: 'docker', hours: 1, permissions: permissions.filter((name) => name !== 'users.edit') },
    })
  ).json as MadeToken
  writeFileSync(
    join(folder, 'config.json'),
    JSON.stringify({ HttpHeaders: { Authorization: `Bearer ${token}` } }),
  )
})
afterAll(async () => {
  for (const engine of engines) {
    const left = (await direct(engine, ['ps', '-aq', '--filter', `name=${mark}`])).stdout
      .split('\n')
      .filter(Boolean)
    if (left.length > 0) await direct(engine, ['rm', '-f', ...left])
    await direct(engine, ['rmi', '-f', pushed()])
  }
  await test?.close()
  rmSync(folder, { recursive: true, force: true })
})

const pushed = () => `${labRegistry('open').address}/${mark}/app:1`
/** Debian's docker, with nothing of this machine's own configuration. */
const docker = (host: string, args: string[], input?: string) =>
  run('/usr/bin/docker', args, {
    check: false,
    env: {
      ...process.env,
      HOME: folder,
      DOCKER_HOST: host,
      DOCKER_CONFIG: folder,
      DOCKER_BUILDKIT: '0',
    },
    ...(input === undefined ? {} : { input }),
  })
const through = (engine: EngineName, args: string[], input?: string) =>
  docker(`${test.origin.replace('http:', 'tcp:')}/h/${engine}`, args, input)
const direct = (engine: EngineName, args: string[], input?: string) =>
  docker(`unix://${labEngine(engine).localSocketPath}`, args, input)

describe.each(engines)('the docker command through the gateway to %s', (engine) => {
  /** Both ways in, with names of their own; what they print has to be the same. */
  const both = async (args: (name: string) => string[], input?: string) => {
    const name = `${mark}-x`
    const results = []
    for (const way of [through, direct]) {
      const { code, stdout, stderr } = await way(engine, args(name), input)
      results.push({ code, stdout: stdout.replaceAll(/\b[0-9a-f]{64}\b/g, 'ID'), stderr })
    }
    expect(results[0]).toEqual(results[1])
    return results[0] as { code: number; stdout: string; stderr: string }
  }
  const shell = (script: string) => ['sh', '-c', script]

  it('runs, feeds, follows and removes containers', async () => {
    expect(
      await both(() => ['run', '--rm', image, ...shell('echo out; echo err >&2; exit 3')]),
    ).toMatchObject({
      // Podman 4 has forgotten the code of what is removed at once, for its own socket too.
      ...{ code: engine === 'podman-unix' ? 0 : 3, stdout: 'out\n', stderr: 'err\n' },
    })
    const fed = await both(
      () => ['run', '--rm', '-i', image, ...shell('wc -c; echo done')],
      'x'.repeat(200_000),
    )
    expect(fed).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\s*200000\ndone\n$/) })
    const name = `${mark}-a`
    const script = 'for i in 1 2 3 4 5; do echo line $i; sleep 0.2; done; sleep 300'
    expect((await through(engine, ['run', '-d', '--name', name, image, ...shell(script)])).code).toBe(0)
    await both(() => [
      'ps',
      '--no-trunc',
      '--filter',
      `name=${name}`,
      '--format',
      '{{.Names}} {{.Image}} {{.Command}}',
    ])
    const exec = await both(() => ['exec', '-i', name, ...shell('cat; exit 4')], 'typed\n')
    expect(exec).toMatchObject({ code: 4, stdout: 'typed\n' })
    const stats = await through(engine, ['stats', '--no-stream', '--format', '{{.Name}} {{.PIDs}}', name])
    // Podman 4 names it without the slash that this command takes off.
    expect(stats).toMatchObject({ code: 0, stdout: expect.stringContaining(name.slice(1)) })
    const following = through(engine, ['logs', '-f', name])
    const waiting = through(engine, ['wait', name])
    const attached = through(engine, ['attach', '--no-stdin', name])
    await new Promise((resolve) => setTimeout(resolve, 1500))
    await both(() => ['logs', name])
    expect((await through(engine, ['kill', name])).code).toBe(0)
    expect((await following).stdout).toBe([1, 2, 3, 4, 5].map((index) => `line ${index}\n`).join(''))
    expect((await waiting).stdout).toBe('137\n')
    expect((await attached).code).toBe(137)
    await both(() => ['inspect', name])
    expect(await through(engine, ['rm', name])).toMatchObject({ code: 0, stdout: `${name}\n` })
    expect(await both(() => ['inspect', name])).toMatchObject({ code: 1 })
  })

  it('copies both ways', async () => {
    const name = `${mark}-cp`
    await through(engine, ['create', '--name', name, image, 'true'])
    const file = join(folder, 'up')
    writeFileSync(file, randomUUID().repeat(50_000))
    expect((await through(engine, ['cp', file, `${name}:/tmp/up`])).code).toBe(0)
    expect((await through(engine, ['cp', `${name}:/tmp/up`, `${file}-back`])).code).toBe(0)
    expect((await run('cmp', [file, `${file}-back`])).code).toBe(0)
    expect(await both(() => ['cp', `${name}:/nowhere`, '-'])).toMatchObject({ code: 1 })
    await through(engine, ['rm', name])
  })

  it('saves, loads, tags, pushes and pulls', async () => {
    const tar = join(folder, `${engine}.tar`)
    expect((await through(engine, ['save', '-o', tar, image])).code).toBe(0)
    expect(await through(engine, ['load', '-i', tar])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(image),
    })
    expect((await through(engine, ['tag', image, pushed()])).code).toBe(0)
    expect(await through(engine, ['push', pushed()])).toMatchObject({ code: 0 })
    expect((await through(engine, ['rmi', pushed()])).code).toBe(0)
    expect(await through(engine, ['pull', pushed()])).toMatchObject({ code: 0 })
    await both(() => ['images', '--no-trunc', '--format', '{{.ID}}', pushed()])
    await both(() => ['history', '--no-trunc', image])
  })

  it('builds with the classic builder', async () => {
    const file = `FROM ${image}\nRUN echo ${mark} > /built\n`
    const built = await through(engine, ['build', '-q', '-t', `${pushed()}-built`, '-'], file)
    expect(built).toMatchObject({ code: 0, stdout: expect.stringMatching(/^(sha256:)?[0-9a-f]{64}\n$/) })
    await direct(engine, ['rmi', '-f', `${pushed()}-built`])
  })

  it('tells events up to a moment, volumes, networks and the version', async () => {
    const now = Math.floor(Date.now() / 1000)
    await both(() => [
      'events',
      '--since',
      String(now - 3),
      '--until',
      String(now - 1),
      '--filter',
      'type=image',
    ])
    await both(() => ['volume', 'ls'])
    await both(() => ['network', 'ls'])
    await both(() => ['version', '--format', '{{json .Server.Version}}'])
  })
})

it('reaches docker-py, its streams among it', async () => {
  const script = [
    'import docker, os',
    'c = docker.DockerClient(base_url=os.environ["DOCKER_HOST"], version="1.41")',
    'x = c.containers.run(os.environ["IMAGE"], ["sleep", "100"], detach=True, name=os.environ["NAME"])',
    'print(x.exec_run(["sh", "-c", "echo out; exit 5"]))',
    's = c.api.exec_start(c.api.exec_create(x.id, ["cat"], stdin=True)["Id"], socket=True)',
    's._sock.sendall(b"hello"); import socket; s._sock.shutdown(socket.SHUT_WR)',
    'd = b""',
    'while True:',
    '  p = s._sock.recv(4096)',
    '  if not p: break',
    '  d += p',
    'print(d[-5:])',
    'x.remove(force=True)',
  ].join('\n')
  const base = `${test.origin.replace('http:', 'tcp:')}/h/docker-unix`
  const env = { ...process.env, HOME: folder, DOCKER_HOST: base, DOCKER_CONFIG: folder }
  const python = { env: { ...env, IMAGE: image, NAME: `${mark}-py` }, check: false }
  expect(await run('/usr/bin/python3', ['-c', script], python)).toMatchObject({
    stdout: "ExecResult(exit_code=5, output=b'out\\n')\nb'hello'\n",
  })
})
