import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WebSocket } from 'ws'
import { setUpToken } from '#e2e/set-up-token.ts'
import type { FleetAnswer } from './simulated-fleet.ts'

export interface MeasuredServer {
  call: Call
  /** A WebSocket of the administrator's, open. */
  socket(path: string): Promise<WebSocket>
  /** Megabytes. */
  rss(): number
  /** Seconds of CPU used so far. */
  cpu(): number
  stop(): Promise<void>
}

/** The whole server of the built pages as a process of its own, with data of its own and an administrator. */
export async function startServer(port: number): Promise<MeasuredServer> {
  const origin = `http://localhost:${port}`
  const data = mkdtempSync(join(tmpdir(), 'roadstead-bench-'))
  const server = spawn(process.execPath, ['server/index.ts'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      NODE_ENV: 'production',
      ROADSTEAD_PORT: String(port),
      ROADSTEAD_DATA: data,
      ROADSTEAD_LOG: 'error',
    },
  })
  const call = await signUp(origin, await setUpToken(server))
  const pid = server.pid as number
  return {
    call,
    async socket(path) {
      const headers = { cookie: call.cookie, origin }
      const socket = new WebSocket(`${origin.replace('http', 'ws')}${path}`, { headers })
      await new Promise((resolve, reject) => {
        socket.once('open', resolve)
        socket.once('error', reject)
      })
      return socket
    },
    rss: () => rssOf(pid),
    cpu: () => cpuOf(pid),
    async stop() {
      server.kill('SIGTERM')
      await new Promise((resolve) => server.once('exit', resolve))
      rmSync(data, { recursive: true, force: true })
    },
  }
}

/** The fleet's next message, which the caller knows the kind of: it answers in order. */
export function answerOf<T extends FleetAnswer['type']>(fleet: ChildProcess) {
  return new Promise<Extract<FleetAnswer, { type: T }>>((resolve) => {
    fleet.once('message', (answer) => resolve(answer as Extract<FleetAnswer, { type: T }>))
  })
}

/** A request to the API, signed in. Throws unless it is answered well. */
export type Call = (<T = unknown>(method: string, path: string, body?: unknown) => Promise<T>) & {
  cookie: string
}

async function signUp(origin: string, token: string): Promise<Call> {
  const person = { name: 'Ada', email: 'ada@example.com', password: 'correct horse battery', token }
  const send = (method: string, path: string, body?: unknown, cookie = '') =>
    fetch(origin + path, {
      method,
      headers: { origin, cookie, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    })
  const answer = await send('POST', '/api/setup', person)
  const cookie = answer.headers
    .getSetCookie()
    .map((line) => line.split(';', 1)[0])
    .join('; ')
  const call = async (method: string, path: string, body?: unknown) => {
    const { ok, status, ...rest } = await send(method, path, body, cookie).then(async (got) => ({
      ok: got.ok,
      status: got.status,
      text: await got.text(),
    }))
    if (!ok) throw new Error(`${method} ${path}: ${status} ${rest.text.slice(0, 300)}`)
    return rest.text === '' ? undefined : JSON.parse(rest.text)
  }
  return Object.assign(call, { cookie }) as Call
}

/** Waits for up to two minutes. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 120_000
  while (!(await condition())) {
    if (performance.now() > end) throw new Error('Waited two minutes in vain.')
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

/** Megabytes, from the kernel's own account of the process. */
export function rssOf(pid: number): number {
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Math.round(Number(line) / 1024)
}

/** Seconds of CPU used so far; the kernel counts hundredths. */
export function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / 100
}
