import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { MadeToken } from '#lib/contracts/account.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import { rolePermissions } from '#lib/permissions.ts'
import { type AppUnderTest, startApp } from '../testing/app-under-test.ts'
import { startRecordingEngine } from '../testing/recording-engine.ts'

const folder = mkdtempSync(join(tmpdir(), 'roadstead-forward-'))
const socketPath = join(folder, 'web.sock')
const podmanPath = join(folder, 'pod.sock')
let test: AppUnderTest
let engine: Awaited<ReturnType<typeof startRecordingEngine>>
let podman: Awaited<ReturnType<typeof startRecordingEngine>>
const forwarders: ChildProcess[] = []

beforeAll(async () => {
  engine = await startRecordingEngine()
  podman = await startRecordingEngine('podman')
  test = await startApp()
  await test.setUp()
  for (const [name, { port }] of Object.entries({ web: engine, pod: podman }))
    await test.call('POST', '/api/hosts', { name, transport: { kind: 'tcp', host: '127.0.0.1', port } })
  const permissions = rolePermissions.administrator.filter((name) => name !== 'users.edit')
  const { json } = await test.call('POST', '/api/account/tokens', { name: 'cli', permissions, hours: 1 })
  const program = await (await fetch(`${test.origin}/h/docker-forward.mjs`)).text()
  for (const name of ['web', 'pod']) {
    const path = join(folder, `${name}.sock`)
    // As its user starts it: from what the server handed out.
    const forwarder = spawn(
      process.execPath,
      ['--input-type=module', '-', `${test.origin}/h/${name}`, path],
      {
        stdio: ['pipe', 'pipe', 'inherit'],
        env: { ...process.env, ROADSTEAD_TOKEN: (json as MadeToken).token },
      },
    )
    forwarders.push(forwarder)
    forwarder.stdin?.end(program)
    const said = await new Promise((resolve) =>
      forwarder.stdout?.once('data', (chunk) => resolve(String(chunk))),
    )
    expect(said).toBe(`export DOCKER_HOST=unix://${path}\n`)
  }
  const states = async () => ((await test.call('GET', '/api/hosts')).json as Host[]).map(({ state }) => state)
  await vi.waitFor(async () => expect(await states()).toEqual(['online', 'online']), { timeout: 30_000 })
})
afterAll(async () => {
  for (const forwarder of forwarders) forwarder.kill()
  await test?.close()
  engine?.close()
  podman?.close()
  rmSync(folder, { recursive: true, force: true })
})

const ask = (method: string, path: string, body?: string | Buffer, headers = {}) =>
  new Promise<{ status: number | undefined; headers: IncomingMessage['headers']; text: string }>(
    (resolve, reject) => {
      const asked = httpRequest({ socketPath, method, path, headers }, async (answer) => {
        let text = ''
        for await (const chunk of answer) text += chunk
        resolve({ status: answer.statusCode, headers: answer.headers, text })
      })
      asked.on('error', reject).end(body)
    },
  )

it('listens for its owner alone', () => {
  expect(statSync(socketPath).mode & 0o777).toBe(0o600)
})

it('gives path and token to what has neither, and takes away what a client says of them', async () => {
  const ping = await ask('HEAD', '/_ping', undefined, {
    authorization: 'Bearer wrong',
    'roadstead-host': 'x',
  })
  expect([ping.status, ping.headers['builder-version']]).toEqual([200, '2'])
  const made = await ask('POST', '/v1.30/containers/create?name=zz', '{"Image":"a"}', {
    'content-type': 'application/json',
  })
  expect(made.status).toBe(200)
  expect(engine.recorded).toContainEqual(
    expect.objectContaining({ line: 'POST /v1.30/containers/create?name=zz', body: '{"Image":"a"}' }),
  )
})

it('lets a raw stream through, each half closed by itself', async () => {
  const socket = connect({ path: socketPath, allowHalfOpen: true })
  let answer = ''
  socket.on('data', (chunk) => {
    answer += chunk
  })
  socket.end('POST /grpc HTTP/1.1\r\nHost: \r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\nPRI')
  await new Promise((resolve) => socket.on('end', resolve))
  expect(answer).toMatch(/^HTTP\/1.1 101 .*PRI\neof$/s)
})

/** Sends all of it before it reads anything, as many libraries do. Resolves with the answer, to the end of the connection. */
async function sendFirst(path: string, head: string, body: Buffer, ends = false): Promise<string> {
  const socket = connect({ path, allowHalfOpen: true })
  const failed = new Promise<never>((_, reject) => socket.on('error', reject))
  socket.write(`${head}\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n`)
  await Promise.race([new Promise((resolve) => socket.write(body, resolve)), failed])
  if (ends) socket.end()
  const text = new Promise<string>((resolve) => {
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.on('end', () => resolve(answer))
  })
  return Promise.race([text, failed]).finally(() => socket.destroy())
}

it.each([
  ['the gateway', 'POST', '/v1.30/libpod/quadlets', 404, 'does not hand on'],
  ['the engine', 'PUT', '/v1.30/containers/refused/archive?path=/', 403, 'is read-only'],
])('hands on what %s refuses while a large body is still sent', async (_, method, path, status, words) => {
  const refusal = '{"message":"zz is read-only"}'
  engine.scripts['/containers/refused/archive'] = ({ socket }) =>
    socket.end(`HTTP/1.1 403 Forbidden\r\nContent-Length: ${refusal.length}\r\n\r\n${refusal}`)
  const body = Buffer.alloc(12_000_000)
  for (let round = 0; round < 2; round++) {
    expect(await sendFirst(socketPath, `${method} ${path} HTTP/1.1`, body)).toMatch(
      new RegExp(`^HTTP/1.1 ${status} .*${words}`, 's'),
    )
    const answer = await ask(method, path, body)
    expect([answer.status, answer.text]).toEqual([status, expect.stringContaining(words)])
  }
})

it.each(['exec/aaaa/start', 'containers/safe/attach?stdout=1'])(
  'answers %s with 200 where no stream was asked for',
  async (path) => {
    const head = `POST /v4.0.0/libpod/${path} HTTP/1.1`
    // This engine's stream ends with its input.
    const answer = await sendFirst(podmanPath, head, Buffer.from('{}'), true)
    expect(answer).toMatch(
      /^HTTP\/1.1 200 OK\r\ncontent-type: application\/vnd.docker.raw-stream\r\n\r\nbody /i,
    )
    expect(answer).not.toMatch(/101|upgrade/i)
  },
)
