import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { MadeToken } from '#lib/contracts/account.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import { rolePermissions } from '#lib/permissions.ts'
import { type AppUnderTest, administrator, cookieOf, startApp } from '../testing/app-under-test.ts'
import { type CuttingProxy, startCuttingProxy } from '../testing/cutting-proxy.ts'
import { addHosts } from '../testing/lab-hosts.ts'
import { startRecordingEngine } from '../testing/recording-engine.ts'

/** `npm run test:hard` has 200 clients, and streams that are silent for ten minutes. */
const clients = Number(process.env.ROADSTEAD_FORWARD_CLIENTS ?? 13)
const idleMs = 1000 * Number(process.env.ROADSTEAD_FORWARD_IDLE_SECONDS ?? 1)
/** Milliseconds after which a client hangs. An answer that came early is handed on for ten seconds. */
const deadlineMs = 25_000 + clients * 100 + idleMs

const folder = mkdtempSync(join(tmpdir(), 'roadstead-faults-'))
const data = join(folder, 'data')
const socketPath = join(folder, 'web.sock')
let test: AppUnderTest
let engine: Awaited<ReturnType<typeof startRecordingEngine>>
let proxy: CuttingProxy
let forwarder: ChildProcess
/** Where the server is: another port after each start. */
const server = { host: '127.0.0.1', port: 0 }
let bare = 0

beforeAll(async () => {
  engine = await startRecordingEngine()
  test = await startApp({}, data)
  await test.setUp()
  await addHosts(test, [{ name: 'web', transport: { kind: 'tcp', host: '127.0.0.1', port: engine.port } }])
  const permissions = rolePermissions.administrator.filter((name) => name !== 'users.edit')
  const { json } = await test.call('POST', '/api/account/tokens', { name: 'cli', permissions, hours: 1 })
  server.port = Number(new URL(test.origin).port)
  proxy = await startCuttingProxy(server)
  const program = join(import.meta.dirname, 'docker-forward.mjs')
  forwarder = spawn(process.execPath, [program, `http://localhost:${proxy.port}/h/web`, socketPath], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ROADSTEAD_TOKEN: (json as MadeToken).token },
  })
  await new Promise((resolve) => forwarder.stdout?.once('data', resolve))
  bare = descriptors()
  scriptEngine()
})
afterAll(async () => {
  forwarder?.kill()
  proxy?.close()
  await test?.close()
  engine?.close()
  rmSync(folder, { recursive: true, force: true })
})

const isOnline = () =>
  expect
    .poll(async () => ((await test.call('GET', '/api/hosts')).json as Host[]).map(({ state }) => state))
    .toEqual(['online'])
/** What the program has open. */
const descriptors = () => readdirSync(`/proc/${forwarder.pid}/fd`).length
/** That nobody is left of those that came: neither at the program nor at the engine. */
async function isEmpty() {
  await expect.poll(descriptors, { timeout: 40_000 }).toBeLessThanOrEqual(bare)
  await expect.poll(() => [...engine.open].filter((path) => path !== '/events')).toEqual([])
}

const big = 2_000_000
/** Milliseconds until the other half of an answer comes. */
let restMs = 300
const refusal = '{"message":"zz is read-only"}'
/** Answers of an engine that come slowly, in one of the two framings, or before the body. */
function scriptEngine() {
  const writes = (head: string, part: Buffer | string, last: Buffer | string) =>
    function answer({ socket }: IncomingMessage) {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Type: application/x-tar\r\n${head}\r\n\r\n`)
      socket.write(part)
      setTimeout(() => socket.writable && socket.write(last), restMs)
    }
  const half = Buffer.alloc(big / 2, 'x')
  const chunk = `${(big / 2).toString(16)}\r\n${half}\r\n`
  engine.scripts['/images/sized/get'] = writes(`Content-Length: ${big}`, half, half)
  engine.scripts['/images/chunked/get'] = writes('Transfer-Encoding: chunked', chunk, `${chunk}0\r\n\r\n`)
  engine.scripts['/containers/refused/archive'] = ({ socket }) =>
    socket.end(`HTTP/1.1 403 Forbidden\r\nContent-Length: ${refusal.length}\r\n\r\n${refusal}`)
  // Takes what is sent, and never says anything.
  engine.scripts['/containers/silent/archive'] = (request) => {
    engine.open.add('silent')
    request.resume().on('close', () => engine.open.delete('silent'))
  }
}

interface Told {
  text: string
  /** Whether an answer came to the end that its own head announced. */
  isWhole: boolean
  ended: 'end' | 'reset' | 'left' | 'hangs'
}

/** Whether a client goes by now, by what it has seen of the answer. */
type Leaves = (seen: string) => boolean
const stays: Leaves = () => false
const leavesSent: Leaves = () => true
const leavesAnswered: Leaves = (seen) => seen !== ''

const ask = (line: string, body: Buffer | string = '', leaves: Leaves = stays) =>
  send(`${line} HTTP/1.1\r\nHost: d\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`, body, leaves)

/** A request as bytes, and all that comes of it to the end of the connection. */
function send(head: string, body: Buffer | string, leaves: Leaves) {
  return new Promise<Told>((resolve) => {
    const socket = connect({ path: socketPath, allowHalfOpen: true })
    let text = ''
    const over = (ended: Told['ended']) => {
      clearTimeout(timer)
      socket.destroy()
      resolve({ text, isWhole: isWhole(text), ended })
    }
    const timer = setTimeout(() => over('hangs'), deadlineMs)
    socket.setEncoding('latin1')
    socket.on('data', (chunk) => {
      text += chunk
      if (leaves(text)) over('left')
    })
    socket.on('end', () => over('end'))
    socket.on('error', () => over('reset'))
    socket.write(head)
    socket.write(body, () => leaves('') && over('left'))
  })
}

function isWhole(text: string): boolean {
  const end = text.indexOf('\r\n\r\n')
  if (end === -1) return false
  const head = text.slice(0, end)
  const length = /^content-length: (\d+)/im.exec(head)?.[1]
  if (length !== undefined) return text.length === end + 4 + Number(length)
  return /^transfer-encoding: chunked/im.test(head) ? text.endsWith('0\r\n\r\n') : true
}

const upload = Buffer.alloc(3_000_000)
const inChunks = (name: string) =>
  `PUT /v1.41/containers/${name}/archive?path=/ HTTP/1.1\r\nHost: d\r\nTransfer-Encoding: chunked\r\n\r\n`
const chunks = `${upload.length.toString(16)}\r\n${upload}\r\n0\r\n\r\n`
const upgrade = 'POST /grpc HTTP/1.1\r\nHost: \r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n'
const asked = {
  small: () => ask('GET /v1.41/containers/secret/json'),
  create: () => ask('POST /v1.41/containers/create?name=zz', '{"Image":"a"}'),
  sized: () => ask('GET /v1.41/images/sized/get'),
  chunked: () => ask('GET /v1.41/images/chunked/get'),
  refused: () => ask('PUT /v1.41/containers/refused/archive?path=/', upload),
  refusedInChunks: () => send(inChunks('refused'), chunks, stays),
  uploaded: () => send(inChunks('kept'), chunks, stays),
  /** Each of them leaves in the middle of something. */
  leavesBeforeHead: () => send('', '', leavesSent),
  leavesInHead: () => send('GET /v1.41/info HTTP/1.1\r\nHo', '', leavesSent),
  leavesUpload: () =>
    ask('PUT /v1.41/containers/silent/archive?path=/', upload.subarray(0, 100_000), leavesSent),
  leavesInChunk: () => send(inChunks('silent'), chunks.slice(0, 100_000), leavesSent),
  leavesAnswer: () => ask('GET /v1.41/images/sized/get', '', leavesAnswered),
  leavesUpgraded: () => send(upgrade, 'first', leavesAnswered),
}
/** What each of them is told, and how it ends. */
const expected: Record<keyof typeof asked, string> = {
  small: '200 true end',
  create: '200 true end',
  sized: '200 true end',
  chunked: '200 true end',
  refused: '403 true end',
  refusedInChunks: '403 true end',
  uploaded: '200 true end',
  leavesBeforeHead: ' false left',
  leavesInHead: ' false left',
  leavesUpload: ' false left',
  leavesInChunk: ' false left',
  leavesAnswer: '200 false left',
  leavesUpgraded: '101 true left',
}

it(`serves ${clients} clients at once, whatever each of them does`, { timeout: 300_000 }, async () => {
  const kinds = Object.keys(asked) as (keyof typeof asked)[]
  const told = await Promise.all(
    Array.from({ length: clients }, async (_, index) => {
      const kind = kinds[index % kinds.length] ?? 'small'
      const { text, isWhole, ended } = await asked[kind]()
      return [`${kind}:`, text.slice(9, 12), isWhole, ended].join(' ')
    }),
  )
  expect([...new Set(told)].sort()).toEqual(kinds.map((kind) => `${kind}: ${expected[kind]}`).sort())
  await isEmpty()
})

/** Each phase of a request with what its client may be told when the network is cut in it. */
const phases: [phase: string, at: RegExp, answer: (watches: Leaves) => Promise<Told>][] = [
  ['before an answer', /containers\/secret\/json/, asked.small],
  ['in an upload', /silent/, () => ask('PUT /v1.41/containers/silent/archive?path=/', upload)],
  ['in a chunk', /silent/, () => send(inChunks('silent'), chunks.slice(0, 100_000), stays)],
  ['in a stream that is silent', /safe/, (watches) => ask('POST /v1.41/containers/safe/wait', '', watches)],
  ['in an answer of known length', /sized/, (watches) => ask('GET /v1.41/images/sized/get', '', watches)],
  ['in an answer in chunks', /chunked/, (watches) => ask('GET /v1.41/images/chunked/get', '', watches)],
]
const early = ['before an answer', 'in an upload', 'in a chunk']

it.each(
  phases.flatMap(([phase, at, answer]) =>
    (['reset', 'close'] as const).map((kind) => ({ phase, at, answer, kind })),
  ),
)('a $kind $phase is told as one', { timeout: 60_000 }, async ({ phase, at, answer, kind }) => {
  const isEarly = early.includes(phase)
  let cut = 0
  const cuts = () => {
    cut ||= proxy.cut(kind)
  }
  // Before anything has come back, or as soon as some of it has; the rest is then far away.
  restMs = 10_000
  if (isEarly) proxy.at(at, () => setTimeout(cuts, 0))
  const { text, isWhole, ended } = await answer((seen) => {
    if (!isEarly && seen !== '') cuts()
    return false
  })
  restMs = 300
  expect(cut).toBeGreaterThan(0)
  if (isEarly) {
    expect(text).toMatch(/^HTTP\/1.1 502 Bad Gateway\r\n/)
    expect(text).toMatch(/Roadstead cannot be reached: .*(?:ECONNRESET|EPIPE|ended the connection)/)
    expect(isWhole).toBe(true)
  } else expect([isWhole, text.slice(0, 12)]).toEqual([false, 'HTTP/1.1 200'])
  expect(ended).not.toBe('hangs')
  await isEmpty()
})

it('tells who comes meanwhile that the server is away, and serves them when it is back', {
  timeout: 600_000,
}, async () => {
  const over = new AbortController()
  const seen = new Set<string>()
  const loops = Array.from({ length: Math.min(clients, 50) }, async () => {
    while (!over.signal.aborted) {
      const { text, isWhole, ended } = await asked.small()
      seen.add(
        `${text.slice(9, 12)} ${isWhole} ${ended} ${/"message":"(?!Roadstead)[^"]*/.exec(text)?.[0] ?? ''}`,
      )
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  })
  for (let round = 0; round < clients / 13; round++) {
    let begun = ''
    const stream = ask('POST /v1.41/containers/safe/wait', '', (seen) => {
      begun = seen
      return false
    })
    await expect.poll(() => begun).not.toBe('')
    await test.close()
    proxy.fault('reset')
    // What it has begun ends with it, and is no whole answer.
    const { text, isWhole, ended } = await stream
    expect([text.slice(0, 12), isWhole, ended === 'hangs'], text).toEqual(['HTTP/1.1 200', false, false])
    test = await startApp({}, data)
    const { email, password } = administrator
    test.cookie = cookieOf((await test.call('POST', '/api/session', { email, password })).headers)
    await isOnline()
    server.port = Number(new URL(test.origin).port)
    proxy.heal()
    expect((await asked.small()).text).toMatch(/^HTTP\/1.1 200 /)
  }
  over.abort()
  await Promise.all(loops)
  // Either the answer, or the whole of a refusal that says why.
  for (const line of seen) expect(line).toMatch(/^(200 true end|50[23] true end) /)
  await isEmpty()
})

it(`keeps streams that are silent for ${idleMs / 1000} s`, { timeout: idleMs + 60_000 }, async () => {
  const socket = connect({ path: socketPath, allowHalfOpen: true })
  let told = ''
  socket.on('data', (chunk) => {
    told += chunk
  })
  const ended = new Promise((resolve) => socket.once('end', resolve))
  socket.write(`${upgrade}first`)
  await expect.poll(() => told).toContain('first')
  const waits = ask('POST /v1.41/containers/safe/wait')
  await new Promise((resolve) => setTimeout(resolve, idleMs))
  socket.write('last')
  await expect.poll(() => told).toMatch(/firstlast$/)
  proxy.cut()
  await ended
  socket.destroy()
  expect(await waits).toMatchObject({ isWhole: false })
  await isEmpty()
})
