import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeCertificates } from '#e2e/lab/certificates.ts'
import { freePort } from '#e2e/lab/free-port.ts'
import { startNginx } from '#e2e/lab/nginx.ts'
import { ensureNewerEngine } from '#e2e/lab/packages.ts'
import { run, until } from '#e2e/lab/run.ts'
import { labEngine } from '#e2e/lab/state.ts'
import type { MadeToken } from '#lib/contracts/account.ts'
import { permissions } from '#lib/permissions.ts'
import { type AppUnderTest, startApp } from '../testing/app-under-test.ts'
import { addLabHosts } from '../testing/lab-hosts.ts'

const engine = 'docker-unix'
const mark = `tls-${randomUUID().slice(0, 8)}`
const folder = mkdtempSync(join(tmpdir(), 'roadstead-tls-'))
const image = 'lab.internal/web:2.0'
const children: ChildProcess[] = []
let test: AppUnderTest
let ports: { http: number; stream: number }
let newest: string

beforeAll(async () => {
  const client = await ensureNewerEngine('dockerClient', () => {})
  newest = join(client, 'usr/bin/docker')
  test = await startApp()
  await test.setUp()
  await addLabHosts(test, [engine])
  const { json } = await test.call('POST', '/api/account/tokens', {
    name: 'tls',
    hours: 1,
    permissions: permissions.filter((name) => name !== 'users.edit'),
  })
  const { token } = json as MadeToken
  const tls = await makeCertificates(join(folder, 'tls'), '127.0.0.1')
  // No certificate of a client's beside it, which the command would show.
  mkdirSync(join(folder, 'authority'))
  copyFileSync(tls.ca, join(folder, 'authority/ca.pem'))
  const buildx = 'cli-plugins/docker-buildx'
  mkdirSync(join(folder, 'config/cli-plugins'), { recursive: true })
  symlinkSync(join(client, 'usr/libexec/docker', buildx), join(folder, 'config', buildx))
  const headers = { Authorization: `Bearer ${token}`, 'Roadstead-Host': engine }
  writeFileSync(join(folder, 'config/config.json'), JSON.stringify({ HttpHeaders: headers }))
  ports = { http: await freePort(), stream: await freePort() }
  await startWithTls(tls)
  for (const [name, port] of Object.entries(ports)) {
    const program = [join(import.meta.dirname, 'docker-forward.mjs'), `https://127.0.0.1:${port}/h/${engine}`]
    const forwarder = spawn(process.execPath, [...program, join(folder, `${name}.sock`)], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ROADSTEAD_TOKEN: token, NODE_EXTRA_CA_CERTS: tls.ca },
    })
    children.push(forwarder)
    await new Promise((resolve) => forwarder.stdout?.once('data', resolve))
  }
  mkdirSync(join(folder, 'context'))
  writeFileSync(join(folder, 'context/file'), randomUUID().repeat(30_000))
  writeFileSync(join(folder, 'context/Dockerfile'), `FROM ${image}\nCOPY file /file\nRUN wc -c < /file\n`)
})
afterAll(async () => {
  for (const child of children) child.kill()
  const direct = { DOCKER_HOST: `unix://${labEngine(engine).localSocketPath}` }
  await run('/usr/bin/docker', ['rmi', '-f', built], { check: false, env: { ...process.env, ...direct } })
  await test?.close()
  rmSync(folder, { recursive: true, force: true })
})

const built = `${mark}/app:1`
const docker = (command: string, env: Record<string, string>, args: string[], input?: string) =>
  run(command, args, {
    check: false,
    ...(input === undefined ? {} : { input }),
    env: {
      ...process.env,
      HOME: folder,
      DOCKER_CONFIG: join(folder, 'config'),
      DOCKER_BUILDKIT: '1',
      ...env,
    },
  })
/** Debian's command speaks TLS itself; the newest goes through the program in between, which then does. */
const debians = (port: number, args: string[], input?: string) => {
  const tls = { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: join(folder, 'authority') }
  const host = { DOCKER_HOST: `tcp://127.0.0.1:${port}/h/${engine}` }
  return docker('/usr/bin/docker', { ...tls, ...host }, args, input)
}
const forwarded = (name: keyof typeof ports, args: string[], input?: string) =>
  docker(newest, { DOCKER_HOST: `unix://${join(folder, `${name}.sock`)}` }, args, input)
const build = ['build', '--no-cache', '--progress=plain', '-t', built, join(folder, 'context')]

it('BuildKit and images of any size go through nginx as docs/container.md has it', async () => {
  for (const { code, stderr } of [await debians(ports.http, build), await forwarded('http', build)]) {
    expect(stderr).toMatch(/1080000[\s\S]*naming to/)
    expect(code).toBe(0)
  }
  const tar = join(folder, 'saved.tar')
  expect(await debians(ports.http, ['save', '-o', tar, built])).toMatchObject({ code: 0 })
  expect(await debians(ports.http, ['load', '-i', tar])).toMatchObject({
    code: 0,
    stdout: `Loaded image: ${built}\n`,
  })
})

it('the end of input keeps the output through nginx as a stream', async () => {
  const fed = ['run', '--rm', '-i', image, 'sh', '-c', 'wc -c; sleep 1; echo late; exit 3']
  const silent = ['run', '--rm', image, 'sh', '-c', 'sleep 1; echo late; exit 3']
  const input = 'x'.repeat(200_000)
  const ways = [debians.bind(null, ports.stream), forwarded.bind(null, 'stream')]
  const told = await Promise.all(ways.flatMap((way) => [way(fed, input), way(silent)]))
  const ofFed = { code: 3, stdout: expect.stringMatching(/^\s*200000\nlate\n$/) }
  const ofSilent = { code: 3, stdout: 'late\n' }
  expect(told).toMatchObject([ofFed, ofSilent, ofFed, ofSilent])
})

/** nginx with both blocks of docs/container.md, at our ports and with our certificate. */
async function startWithTls(tls: { serverCert: string; serverKey: string }): Promise<void> {
  const blocks = readFileSync('docs/container.md', 'utf8').matchAll(/```nginx\n([^`]*)```/g)
  const { port } = new URL(test.origin)
  const certificate = `ssl_certificate ${tls.serverCert};\nssl_certificate_key ${tls.serverKey};`
  const [location = '', stream = ''] = [...blocks].map(([, block = '']) =>
    block
      .replace('127.0.0.1:7700', `127.0.0.1:${port}`)
      .replace('location /roadstead', 'location /')
      .replace('listen 7443', `listen 127.0.0.1:${ports.stream}`)
      .replace(/ssl_certificate .*\n.*/, certificate),
  )
  const http = `server {
    listen 127.0.0.1:${ports.http} ssl;
    ${certificate}
    ${location}
  }`
  const main = `load_module /usr/lib/nginx/modules/ngx_stream_module.so;\n${stream}`
  children.push(await startNginx(join(folder, 'nginx'), http, main))
  const health = ['-sf', '--cacert', join(folder, 'authority/ca.pem')]
  for (const at of Object.values(ports))
    await until(
      'nginx to answer',
      async () =>
        (await run('curl', [...health, `https://127.0.0.1:${at}/api/health`], { check: false })).code === 0,
      10_000,
    )
}
