import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { createLog } from './log.ts'
import { closeInOrder } from './shutdown.ts'

const folder = mkdtempSync(join(tmpdir(), 'roadstead-end-'))
const children: ChildProcess[] = []
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

/** A server in a process of its own. `silence` stops reading what it writes. */
async function start(name: string, act = '') {
  const script = join(import.meta.dirname, 'testing/ending-server.ts')
  const child = spawn(process.execPath, [script, join(folder, name), act], {
    env: { PATH: process.env.PATH, NODE_ENV: 'test' } as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  let text = ''
  const ended = new Promise<number | string | null>((resolve) =>
    child.on('exit', (code, signal) => resolve(code ?? signal)),
  )
  const first = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      text += chunk
      const line = text.split('\n').find((candidate) => candidate.startsWith('{"origin"'))
      if (!line) return
      resolve(line)
      if (act === 'talk') child.stdout.removeAllListeners('data').pause()
    })
    void ended.then((code) => reject(new Error(`Ended with ${code}: ${text}`)))
  })
  const { origin, cookie } = JSON.parse(first) as { origin: string; cookie: string }
  return { child, origin, cookie, ended, text: () => text }
}

const promisedMs = 10_000
/** The promise is ours; that a busy machine runs a process at all is not. */
async function endsInTime(server: Awaited<ReturnType<typeof start>>): Promise<number | string | null> {
  const before = performance.now()
  server.child.kill('SIGTERM')
  const code = await server.ended
  expect(performance.now() - before).toBeLessThan(promisedMs)
  return code
}

/** A bare connection that asks for an upgrade, and never says another word. */
async function silentSocket({ origin, cookie }: { origin: string; cookie: string }, path: string) {
  const { host, port, hostname } = new URL(origin)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  socket.write(
    [
      `GET ${path} HTTP/1.1`,
      `Host: ${host}`,
      `Origin: ${origin}`,
      `Cookie: ${cookie}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      '',
      '',
    ].join('\r\n'),
  )
  await new Promise((resolve) => socket.once('data', resolve))
  socket.pause()
}

it('SIGTERM ends it in order, whoever leaves a socket unanswered or a refusal unread', async () => {
  const server = await start('sockets')
  await silentSocket(server, '/api/live')
  await silentSocket(server, '/api/logs')
  await silentSocket({ ...server, cookie: '' }, '/api/live')
  expect(await endsInTime(server)).toBe(0)
  expect(server.text()).toContain('closed in order')
})

it('SIGTERM ends it in order when nobody reads what it writes', async () => {
  expect(await endsInTime(await start('unread', 'talk'))).toBe(0)
})

it.each(['throw', 'reject'])('a fault that nobody caught (%s) ends it in order, with code 1', async (how) => {
  const server = await start(how, how)
  expect(await server.ended).toBe(1)
  expect(server.text()).toContain('A fault that nobody caught')
  expect(server.text()).toContain('closed in order')
})

it('what fails or hangs keeps no later part open', async () => {
  const closed: string[] = []
  const steps = [
    ['throws', () => Promise.reject(new Error('A fault'))],
    ['hangs', () => new Promise(() => {})],
    ['audit', () => closed.push('audit')],
    ['database', async () => closed.push('database')],
  ] as const
  await expect(closeInOrder(steps, createLog('silent'))).rejects.toThrow('throws, hangs')
  expect(closed).toEqual(['audit', 'database'])
})
