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
const socketPath = join(folder, 'engine.sock')
let test: AppUnderTest
let engine: Awaited<ReturnType<typeof startRecordingEngine>>
let forwarder: ChildProcess

beforeAll(async () => {
  engine = await startRecordingEngine()
  test = await startApp()
  await test.setUp()
  const transport = { kind: 'tcp', host: '127.0.0.1', port: engine.port }
  await test.call('POST', '/api/hosts', { name: 'web', transport })
  const permissions = rolePermissions.administrator.filter((name) => name !== 'users.edit')
  const { json } = await test.call('POST', '/api/account/tokens', { name: 'cli', permissions, hours: 1 })
  const program = await (await fetch(`${test.origin}/h/docker-forward.mjs`)).text()
  // As its user starts it: from what the server handed out.
  forwarder = spawn(process.execPath, ['--input-type=module', '-', `${test.origin}/h/web`, socketPath], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ROADSTEAD_TOKEN: (json as MadeToken).token },
  })
  forwarder.stdin?.end(program)
  const said = await new Promise((resolve) =>
    forwarder.stdout?.once('data', (chunk) => resolve(String(chunk))),
  )
  expect(said).toBe(`export DOCKER_HOST=unix://${socketPath}\n`)
  const online = async () => ((await test.call('GET', '/api/hosts')).json as Host[])[0]?.state
  await vi.waitFor(async () => expect(await online()).toBe('online'), { timeout: 30_000 })
})
afterAll(async () => {
  forwarder?.kill()
  await test?.close()
  engine?.close()
  rmSync(folder, { recursive: true, force: true })
})

const ask = (method: string, path: string, body?: string, headers = {}) =>
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
