import { createHmac } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { createServer as createTlsServer } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { makeCertificates, type TlsFiles } from '#e2e/lab/certificates.ts'
import type { AuditEntry, AuditState } from '#lib/contracts/audit.ts'
import { openStore } from '../../db/store.ts'
import { createLog } from '../../log.ts'
import { type AppUnderTest, startApp } from '../../testing/app-under-test.ts'
import { hashOf } from '../chain.ts'
import { openAudit } from '../index.ts'
import { createShipping, type Receiver } from './ship.ts'
import { createSyslogReceiver } from './syslog.ts'
import { createWebhookReceiver } from './webhook.ts'

const root = mkdtempSync(join(tmpdir(), 'roadstead-shipping-'))
let tls: TlsFiles
beforeAll(async () => {
  tls = await makeCertificates(join(root, 'tls'), '127.0.0.1')
})
afterAll(() => rmSync(root, { recursive: true, force: true }))
const open: (() => unknown)[] = []
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close()
})

async function listening(server: Server, port = 0): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => {})
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  open.push(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return (server.address() as AddressInfo).port
}

/** What octet counting framed, read strictly; the rest is a message that was cut. */
function unframe(bytes: Buffer): { lines: string[]; rest: number } {
  const lines: string[] = []
  let at = 0
  for (;;) {
    const space = bytes.indexOf(' ', at)
    const length = Number(bytes.subarray(at, space).toString())
    if (space < 0 || !/^[1-9]\d*$/.test(bytes.subarray(at, space).toString())) break
    if (bytes.length < space + 1 + length) break
    lines.push(bytes.subarray(space + 1, space + 1 + length).toString())
    at = space + 1 + length
  }
  return { lines, rest: bytes.length - at }
}

/** Keeps what was read to its end, and what came before a cut. */
function collect(received: AuditEntry[], cutAfter: () => number | null = () => null) {
  return (socket: Socket) => {
    const chunks: Buffer[] = []
    const take = () => {
      const { lines } = unframe(Buffer.concat(chunks))
      for (const line of lines) received.push(JSON.parse(line.slice(line.indexOf('"] {') + 3)))
    }
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      const most = cutAfter()
      if (most === null) return
      const all = Buffer.concat(chunks).subarray(0, most)
      chunks.splice(0, chunks.length, all)
      if (all.length < most) return
      take()
      chunks.length = 0
      socket.resetAndDestroy()
    })
    socket.on('end', take)
    socket.on('error', () => {})
  }
}

const sequences = (entries: AuditEntry[]) => [...new Set(entries.map(({ sequence }) => sequence))]
const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1)
const stateOf = async (test: AppUnderTest) => (await test.call('GET', '/api/audit/state')).json as AuditState

async function start(environment: Record<string, string>, folder?: string): Promise<AppUnderTest> {
  const test = await startApp(environment, folder)
  open.push(() => test.close())
  return test
}

/** Something recorded: an intent and its outcome. */
const change = async (test: AppUnderTest) =>
  expect((await test.call('POST', '/api/updates/check')).status).toBe(200)

/** Waits until everything was acknowledged; resolves with the newest sequence. */
async function shipped(test: AppUnderTest): Promise<number> {
  let head = 0
  await expect
    .poll(
      async () => {
        const state = await stateOf(test)
        head = state.head?.sequence ?? 0
        return state.receivers.map(({ waiting }) => waiting)
      },
      { interval: 100 },
    )
    .toEqual([0])
  return head
}

/** A log of so many entries, and its shipping with short waits. */
async function startShipping(receiver: Receiver, entries: number) {
  const folder = mkdtempSync(join(root, 'data-'))
  const database = await openStore(folder)
  const log = await openAudit(database.connect(), createLog('silent'))
  const event = { action: 'test', summary: 'one\ntwo' }
  for (let index = 1; index < entries; index++)
    await log.audit.event(null, { address: '10.0.0.7', requestId: 'r' }, event)
  const shipping = createShipping({
    receivers: [receiver],
    db: database.db,
    log: createLog('silent'),
    times: { lookMs: 20, baseMs: 20, capMs: 50 },
  })
  open.push(async () => {
    await shipping.stop()
    await log.close()
    await database.close()
  })
  return () => shipping.state(entries)[0]
}

/** Milliseconds: on a busy machine a start alone takes seconds. */
const timeout = 60_000

describe('syslog', { timeout }, () => {
  it('over TCP, from a receiver that is down at first and then cuts in the middle, to one that takes all', async () => {
    const received: AuditEntry[] = []
    const probe = createServer()
    const port = await listening(probe)
    await new Promise((resolve) => probe.close(resolve))
    const head = 450
    const config = { transport: 'tcp', host: '127.0.0.1', port, ca: null } as const
    const state = await startShipping(createSyslogReceiver(config), head)
    await expect
      .poll(() => state()?.error)
      .toMatchObject({ code: 'audit_not_shipped', detail: expect.stringContaining('connection_refused') })
    expect(state()).toMatchObject({ kind: 'syslog', shipped: 0, waiting: head, shippedAt: null })

    // Closed before anything was read, and in the middle of a message, early and late.
    const cuts: (number | null)[] = [0, 1500, 90_000]
    const server = createServer({ pauseOnConnect: true }, (socket) => {
      const cut = cuts.length > 0 ? (cuts.shift() as number) : null
      if (cut === 0) return socket.end()
      collect(received, () => cut)(socket)
      socket.resume()
    })
    await listening(server, port)
    await expect.poll(state).toMatchObject({ shipped: head, waiting: 0, error: null })
    expect(cuts).toEqual([])
    expect(sequences(received)).toEqual(upTo(head))
    // What had been read before the cuts came again: at least once.
    expect(received.length).toBeGreaterThan(head)
    const bySequence = new Map(received.map((entry) => [entry.sequence, entry]))
    for (const entry of received) {
      expect(entry.hash).toBe(hashOf(entry))
      if (entry.sequence > 1) expect(entry.previousHash).toBe(bySequence.get(entry.sequence - 1)?.hash)
    }
  })

  it('goes on after a restart where it was', async () => {
    const received: AuditEntry[] = []
    const port = await listening(createServer(collect(received)))
    const environment = { ROADSTEAD_AUDIT_SYSLOG: `tcp://127.0.0.1:${port}` }
    const folder = mkdtempSync(join(root, 'data-'))
    const first = await startApp(environment, folder)
    await first.setUp()
    const before = await shipped(first)
    await first.close()
    const second = await start(environment, folder)
    second.cookie = first.cookie
    await change(second)
    const head = await shipped(second)
    expect(head).toBeGreaterThan(before + 2)
    // Each once: nothing was in doubt.
    expect(received.map(({ sequence }) => sequence)).toEqual(upTo(head))
  })

  it('over TLS, with the authority that is given, and not without', async () => {
    const received: AuditEntry[] = []
    const options = { cert: readFileSync(tls.serverCert), key: readFileSync(tls.serverKey) }
    const server = createTlsServer(options)
    server.on('secureConnection', collect(received)).on('tlsClientError', () => {})
    const port = await listening(server)
    const address = { ROADSTEAD_AUDIT_SYSLOG: `tls://127.0.0.1:${port}` }
    const test = await start({ ...address, ROADSTEAD_AUDIT_CA: tls.ca })
    await test.setUp()
    const head = await shipped(test)
    expect(sequences(received)).toEqual(upTo(head))
    const other = await start(address)
    await other.setUp()
    await expect
      .poll(async () => (await stateOf(other)).receivers[0]?.error?.detail)
      .toContain('tls_untrusted')
    expect(sequences(received)).toEqual(upTo(head))
  })

  it('over UDP: each entry a datagram', async () => {
    const lines: string[] = []
    const socket = createSocket('udp4').on('message', (message) => lines.push(message.toString()))
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
    open.push(() => socket.close())
    const test = await start({ ROADSTEAD_AUDIT_SYSLOG: `udp://127.0.0.1:${socket.address().port}` })
    await test.setUp()
    const head = await shipped(test)
    await expect.poll(() => lines.length).toBe(head)
    expect(lines.every((line) => /^<1\d\d>1 [\x20-\x7e]+$/.test(line))).toBe(true)
  })

  it('does not reach where clouds keep credentials, and says so', async () => {
    const test = await start({ ROADSTEAD_AUDIT_SYSLOG: 'udp://169.254.169.254' })
    await test.setUp()
    await expect
      .poll(async () => (await stateOf(test)).receivers[0]?.error?.detail)
      .toContain('address_refused')
  })
})

it('a receiver that takes and never answers holds up no request, and no end of the server', {
  timeout,
}, async () => {
  const port = await listening(createServer({ pauseOnConnect: true }, () => {}))
  const test = await startApp({ ROADSTEAD_AUDIT_SYSLOG: `tcp://127.0.0.1:${port}` })
  await test.setUp()
  for (let index = 0; index < 5; index++) await change(test)
  expect((await stateOf(test)).receivers[0]).toMatchObject({ shipped: 0, error: null })
  const hung = new Promise((_, reject) => setTimeout(() => reject(new Error('hung')), 10_000).unref())
  await Promise.race([test.close(), hung])
})

it('a log that is no more what was sent is told, and sent anew', { timeout }, async () => {
  const received: AuditEntry[] = []
  const port = await listening(createServer(collect(received)))
  const test = await start({ ROADSTEAD_AUDIT_SYSLOG: `tcp://127.0.0.1:${port}` })
  await test.setUp()
  for (let index = 0; index < 3; index++) await change(test)
  const head = await shipped(test)
  const raw = new DatabaseSync(join(test.dataFolder, 'roadstead.db'))
  raw.exec(`drop trigger audit_no_delete; delete from audit where sequence > ${head - 2}`)
  raw.close()
  await expect.poll(async () => (await stateOf(test)).receivers[0]?.rewrittenAt).not.toBeNull()
  await change(test)
  await shipped(test)
  const doubled = received.filter(({ sequence }) => sequence === head)
  expect(new Set(doubled.map(({ hash }) => hash)).size).toBe(2)
})

describe('a webhook', { timeout }, () => {
  const secret = 'a secret of the two'
  interface Got {
    body: string
    headers: IncomingMessage['headers']
    path: string
  }
  const hook =
    (got: Got[], answer: (response: ServerResponse, request: IncomingMessage) => void) =>
    (request: IncomingMessage, response: ServerResponse) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('error', () => {})
      request.on('end', () => {
        got.push({
          body: Buffer.concat(chunks).toString(),
          headers: request.headers,
          path: request.url ?? '',
        })
        answer(response, request)
      })
    }
  const entriesOf = (got: Got[]) =>
    got.flatMap(({ body }) =>
      body
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as AuditEntry),
    )

  it('gets batches as NDJSON over HTTPS, signed with the secret, the path kept to itself', async () => {
    const got: Got[] = []
    const options = { cert: readFileSync(tls.serverCert), key: readFileSync(tls.serverKey) }
    const port = await listening(
      createHttpsServer(
        options,
        hook(got, (response) => response.writeHead(204).end()),
      ),
    )
    const test = await start({
      ROADSTEAD_AUDIT_WEBHOOK: `https://127.0.0.1:${port}/in/canary-path?key=canary`,
      ROADSTEAD_AUDIT_WEBHOOK_SECRET: secret,
      ROADSTEAD_AUDIT_CA: tls.ca,
    })
    await test.setUp()
    const head = await shipped(test)
    expect(entriesOf(got).map(({ sequence }) => sequence)).toEqual(upTo(head))
    for (const { body, headers, path } of got) {
      expect(path).toBe('/in/canary-path?key=canary')
      expect(headers).toMatchObject({ 'content-type': 'application/x-ndjson', host: `127.0.0.1:${port}` })
      const [, seconds, signature] =
        /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['x-roadstead-signature'])) ?? []
      expect(createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')).toBe(signature)
    }
    const state = JSON.stringify(await stateOf(test))
    for (const word of ['canary', secret]) expect(state).not.toContain(word)
  })

  it('is asked again after each failure, and a redirect is one that is not followed', async () => {
    const [got, elsewhere]: [Got[], Got[]] = [[], []]
    const canary = await listening(createHttpServer(hook(elsewhere, (response) => response.end())))
    const answers = [500, 302, 307, 429, 0]
    const port = await listening(
      createHttpServer(
        hook(got, (response, request) => {
          const status = answers.shift()
          if (status === 0) return request.socket.destroy()
          response.writeHead(status ?? 200, { location: `http://127.0.0.1:${canary}/` }).end('no')
        }),
      ),
    )
    const url = new URL(`http://127.0.0.1:${port}/`)
    const state = await startShipping(createWebhookReceiver({ url, secret, ca: null }), 3)
    await expect.poll(() => state()?.error?.detail, { interval: 2 }).toMatch(/answered [345]/)
    await expect.poll(state).toMatchObject({ shipped: 3, waiting: 0, error: null })
    expect(answers).toEqual([])
    expect(elsewhere).toEqual([])
    const [first, ...more] = got.map(({ body }) => body.split('\n', 1)[0])
    expect(more.slice(0, 5)).toEqual(Array(5).fill(first))
  })
})

describe('the configuration', () => {
  it.each([
    [{ ROADSTEAD_AUDIT_SYSLOG: 'http://a' }, 'ROADSTEAD_AUDIT_SYSLOG'],
    [{ ROADSTEAD_AUDIT_SYSLOG: 'log.example' }, 'ROADSTEAD_AUDIT_SYSLOG'],
    [{ ROADSTEAD_AUDIT_SYSLOG: 'tcp://u:p@log.example' }, 'ROADSTEAD_AUDIT_SYSLOG'],
    [{ ROADSTEAD_AUDIT_SYSLOG: 'tcp://' }, 'ROADSTEAD_AUDIT_SYSLOG'],
    [{ ROADSTEAD_AUDIT_WEBHOOK: 'https://log.example/' }, 'ROADSTEAD_AUDIT_WEBHOOK_SECRET'],
    [
      { ROADSTEAD_AUDIT_WEBHOOK: 'https://log.example/', ROADSTEAD_AUDIT_WEBHOOK_SECRET: 'short' },
      'ROADSTEAD_AUDIT_WEBHOOK_SECRET',
    ],
    [
      { ROADSTEAD_AUDIT_WEBHOOK: 'http://log.example/', ROADSTEAD_AUDIT_WEBHOOK_SECRET: 'x'.repeat(16) },
      'ROADSTEAD_AUDIT_WEBHOOK: https',
    ],
    [
      { ROADSTEAD_AUDIT_WEBHOOK: 'file:///etc/passwd', ROADSTEAD_AUDIT_WEBHOOK_SECRET: 'x'.repeat(16) },
      'ROADSTEAD_AUDIT_WEBHOOK',
    ],
    [{ ROADSTEAD_AUDIT_CA: '/nowhere.pem' }, 'ROADSTEAD_AUDIT_CA'],
  ] as [Record<string, string>, string][])('%j is refused by name', async (environment, words) => {
    await expect(startApp(environment)).rejects.toThrow(words)
  })
})
