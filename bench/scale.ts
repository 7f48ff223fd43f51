import { type ChildProcess, fork, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { WebSocket } from 'ws'
import type { Host } from '../lib/contracts/hosts.ts'
import type { ServerFrame } from '../lib/live-protocol.ts'
import { ensureBuild } from '../scripts/environment.js'
import { type BenchResult, ms, percentile } from './measure.ts'
import type { FleetAnswer, FleetCommand } from './simulated-fleet.ts'

const hostCount = 100
const perHost = 50
const viewerCount = 50
const silentCount = 30
const port = 17_799
const origin = `http://localhost:${port}`

/**
 * The whole server, pages included, as a process of its own: 100 simulated hosts, 5,000 containers, 50 viewers; then 30
 * of the hosts fall silent. Simulated, since one machine cannot run a hundred engines; the sockets are real.
 */
export async function benchScale(): Promise<BenchResult> {
  ensureBuild()
  const data = mkdtempSync(join(tmpdir(), 'roadstead-bench-'))
  const fleet = fork(join(import.meta.dirname, 'simulated-fleet.ts'), [String(hostCount), String(perHost)])
  const server = spawn(process.execPath, ['server/index.ts'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      ...{
        NODE_ENV: 'production',
        ROADSTEAD_PORT: String(port),
        ROADSTEAD_DATA: data,
        ROADSTEAD_LOG: 'error',
      },
    },
  })
  const viewers: WebSocket[] = []
  try {
    const ready = await answerOf<'ready'>(fleet)
    const call = await signUp(await tokenOf(server))
    const rssEmpty = rssOf(server)

    const registering = performance.now()
    for (const [index, enginePort] of ready.ports.entries()) {
      const transport = { kind: 'tcp', host: '127.0.0.1', port: enginePort }
      await call('POST', '/api/hosts', { name: `sim-${index}`, transport, tags: [`rack-${index % 10}`] })
    }
    await until(async () => (await call<Host[]>('GET', '/api/hosts')).every((host) => host.syncedAt))
    const registered = performance.now() - registering

    const seen = new Map<string, (at: number) => void>()
    for (let index = 0; index < viewerCount; index++) viewers.push(await view(call.cookie, seen))
    // Docker's lists lack start times: each container is inspected once in the background.
    await until(async () => (await lackingDetails(call)) === 0)
    const lists = await listTimes(call)
    const latencies: number[] = []
    const cpuBefore = cpuOf(server)
    const began = performance.now()
    for (let round = 0; round < 200; round++) {
      const answered = answerOf<'changed'>(fleet)
      fleet.send({ type: 'change', engine: round % hostCount } satisfies FleetCommand)
      const { id, at } = await answered
      latencies.push((await new Promise<number>((resolve) => seen.set(id, resolve))) - at)
    }
    const cpuShare = (cpuOf(server) - cpuBefore) / ((performance.now() - began) / 1000)
    // undici keeps idle connections for a few seconds.
    await new Promise((resolve) => setTimeout(resolve, 15_000))
    const counting = answerOf<'count'>(fleet)
    fleet.send({ type: 'count' } satisfies FleetCommand)
    const { connections } = await counting
    const rss = rssOf(server)

    for (let index = 0; index < silentCount; index++)
      fleet.send({ type: 'silent', engine: index } satisfies FleetCommand)
    const silentLists = await listTimes(call)
    await until(
      async () =>
        (await call<Host[]>('GET', '/api/hosts')).filter((host) => host.state !== 'online').length >=
        silentCount,
    )
    const after = await listTimes(call)
    return {
      title: `The server with ${hostCount} simulated hosts, ${hostCount * perHost} containers, ${viewerCount} viewers`,
      rows: [
        ['all hosts registered and listed', ms(registered)],
        ['GET /api/containers (all 5,000): median', ms(percentile(lists, 0.5))],
        ['  p95', ms(percentile(lists, 0.95))],
        [`  while ${silentCount} hosts fall silent: p95`, ms(percentile(silentLists, 0.95))],
        ['  with them named unresponsive: p95', ms(percentile(after, 0.95))],
        ['engine event to a viewer’s socket: median', ms(percentile(latencies, 0.5))],
        ['  p95 (bar: 250 ms)', ms(percentile(latencies, 0.95))],
        ['  the server’s CPU meanwhile, of one core', `${(cpuShare * 100).toFixed(0)} %`],
        ['connections for each host, nobody looking at details: most', String(Math.max(...connections))],
        ['RSS without hosts', `${rssEmpty} MB`],
        ['RSS with all of it (bar: 512 MB)', `${rss} MB`],
      ],
    }
  } finally {
    for (const viewer of viewers) viewer.terminate()
    server.kill('SIGTERM')
    await new Promise((resolve) => server.once('exit', resolve))
    fleet.disconnect()
    rmSync(data, { recursive: true, force: true })
  }
}

/** The fleet's next message, which the caller knows the kind of: it answers in order. */
function answerOf<T extends FleetAnswer['type']>(fleet: ChildProcess) {
  return new Promise<Extract<FleetAnswer, { type: T }>>((resolve) => {
    fleet.once('message', (answer) => resolve(answer as Extract<FleetAnswer, { type: T }>))
  })
}

function tokenOf(server: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = ''
    server.stdout?.on('data', (chunk) => {
      output += chunk
      const token = /Set-up token[^:]*: (\S+)/.exec(output)?.[1]
      if (token) resolve(token)
    })
    server.once('exit', () => reject(new Error(`The server ended: ${output}`)))
  })
}

type Call = (<T = unknown>(method: string, path: string, body?: unknown) => Promise<T>) & { cookie: string }

async function signUp(token: string): Promise<Call> {
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
      ...{ ok: got.ok, status: got.status, text: await got.text() },
    }))
    if (!ok) throw new Error(`${method} ${path}: ${status} ${rest.text.slice(0, 300)}`)
    return rest.text === '' ? undefined : JSON.parse(rest.text)
  }
  return Object.assign(call, { cookie }) as Call
}

async function view(cookie: string, seen: Map<string, (at: number) => void>): Promise<WebSocket> {
  const socket = new WebSocket(`${origin.replace('http', 'ws')}/api/live`, { headers: { cookie, origin } })
  socket.on('message', (data) => {
    const frame = JSON.parse(String(data)) as ServerFrame
    if (frame.type !== 'delta') return
    for (const change of frame.changes) {
      if (change.type !== 'put' || change.kind !== 'containers') continue
      seen.get(change.object.id)?.(Date.now())
      seen.delete(change.object.id)
    }
  })
  await new Promise((resolve, reject) => {
    socket.once('open', resolve)
    socket.once('error', reject)
  })
  socket.send('{"type":"hello"}')
  return socket
}

async function lackingDetails(call: Call): Promise<number> {
  const { items } = await call<{ items: { restartCount: number | null }[] }>('GET', '/api/containers')
  return items.filter((container) => container.restartCount === null).length
}

async function listTimes(call: Call): Promise<number[]> {
  const times: number[] = []
  for (let round = 0; round < 30; round++) {
    const began = performance.now()
    await call('GET', '/api/containers')
    times.push(performance.now() - began)
  }
  return times
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 120_000
  while (!(await condition())) {
    if (performance.now() > end) throw new Error('Waited two minutes in vain.')
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

/** Megabytes, from the kernel's own account of the process. */
function rssOf(server: ChildProcess): number {
  const line = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${server.pid}/status`, 'utf8'))?.[1]
  return Math.round(Number(line) / 1024)
}

/** Seconds of CPU used so far; the kernel counts hundredths. */
function cpuOf(server: ChildProcess): number {
  const fields = readFileSync(`/proc/${server.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) / 100
}
