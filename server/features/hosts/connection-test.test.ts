import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { TestEvent, TransportInput } from '#lib/contracts/hosts.ts'
import { testEventSchema } from '#lib/contracts/hosts.ts'
import { startFaultyFront } from '../../testing/faulty-front.ts'
import { startSimulatedEngine } from '../../testing/simulated-engine.ts'
import { type SmallEngine, startSmallEngine } from '../../testing/small-engine.ts'
import { testConnection } from './connection-test.ts'

const secret = 'backup-key-0451'
/** Faults that a real engine does not show on demand; every real transport is in hosts.engine.test.ts. */
const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

async function small(behaviour: SmallEngine['behaviour'] = 'answer') {
  const engine = await startSmallEngine()
  engine.behaviour = behaviour
  ends.push(() => engine.close())
  return { engine, input: { kind: 'tcp', host: '127.0.0.1', port: engine.port } as TransportInput }
}

async function run(input: TransportInput, signal = new AbortController().signal): Promise<TestEvent[]> {
  const events: TestEvent[] = []
  for await (const event of testConnection(input, signal)) events.push(testEventSchema.parse(event))
  return events
}

const told = (events: TestEvent[]) =>
  events.flatMap((event) =>
    event.type === 'step' && event.status !== 'running' ? `${event.step} ${event.status}` : [],
  )

describe('a connection test', () => {
  it('tells each step as it begins and ends, then what was found', async () => {
    const { input } = await small()
    const events = await run(input)
    expect(
      events.map((event) => (event.type === 'step' ? `${event.step} ${event.status}` : event.type)),
    ).toEqual([
      'name running',
      'name passed',
      'port running',
      'port passed',
      'engine running',
      'engine passed',
      'rights running',
      'rights passed',
      'events running',
      'events passed',
      'end',
    ])
    expect(events.at(-4)).toMatchObject({ found: expect.stringMatching(/^rootless, 0 containers/) })
    expect(events.at(-1)).toMatchObject({ ok: true, engine: { version: '20.10.24', apiVersion: '1.41' } })
  })

  it('changes nothing: all it posts is to a container that cannot be', async () => {
    const { engine, input } = await small()
    await run(input)
    expect(engine.asked.filter((line) => !line.startsWith('GET '))).toEqual([
      `POST /v1.41/containers/${'0'.repeat(64)}/start`,
    ])
  })

  it('warns of a proxy that lets nothing be changed, and lets the host be added all the same', async () => {
    const { input } = await small('readOnly')
    const events = await run(input)
    expect(told(events)).toContain('rights attention')
    expect(events.at(-4)).toMatchObject({ error: { code: 'engine_rights_missing', detail: 'read only' } })
    expect(events.at(-1)).toMatchObject({ type: 'end', ok: true })
  })

  it.each([
    ['gathered', 'events_withheld'],
    ['headAlone', 'events_withheld'],
    ['empty', 'events_ended'],
    ['status500', 'engine_error'],
    ['noJson', 'engine_answer_invalid'],
  ] as const)('warns of events that would not come (%s), and says why', async (fault, code) => {
    const engine = await startSimulatedEngine({ number: 1, containers: 1 })
    const front = await startFaultyFront(engine)
    ends.push(engine.close, front.close)
    // Something has happened within the last hour, which the answer that ends by itself tells in any case.
    engine.change()
    if (fault !== 'headAlone') front.faults = [[/^\/events$/, fault]]
    else front.faultOf = (url) => (/events/.test(url) && !url.includes('until=') ? fault : undefined)
    const events = await run({ kind: 'tcp', host: '127.0.0.1', port: front.port })
    expect(events.at(-2)).toMatchObject({ step: 'events', status: 'attention', error: { code } })
    expect(events.at(-1)).toMatchObject({ type: 'end', ok: true })
  })

  const failures: [string, () => Promise<TransportInput>, string[], string][] = [
    [
      'a name that leads nowhere',
      async () => ({ kind: 'tcp', host: 'no-such-host.invalid', port: 2375 }),
      ['name failed'],
      'name_not_resolved',
    ],
    [
      'the address that holds cloud credentials',
      async () => ({ kind: 'tcp', host: '169.254.169.254', port: 80 }),
      ['name failed'],
      'address_refused',
    ],
    [
      'a port where nothing listens',
      async () => {
        const { engine, input } = await small()
        await engine.close()
        return input
      },
      ['name passed', 'port failed'],
      'connection_refused',
    ],
    [
      'TLS asked of a plain port',
      async () => ({ ...(await small()).input, kind: 'tls' }) as TransportInput,
      ['name passed', 'port passed', 'tls failed'],
      'tls_not_spoken',
    ],
    [
      'SSH asked of an engine',
      async () =>
        ({ ...(await small()).input, kind: 'ssh', username: 'ops', auth: 'agent' }) as TransportInput,
      ['name passed', 'port passed', 'hostKey failed'],
      'ssh_not_spoken',
    ],
    [
      'what is no engine',
      async () => (await small('garbage')).input,
      ['name passed', 'port passed', 'engine failed'],
      'not_an_engine',
    ],
    [
      'a socket that is not there',
      async () => ({ kind: 'unix', socketPath: '/run/no-such.sock' }),
      ['socket failed'],
      'socket_not_found',
    ],
    [
      'a key that cannot be read, before anything is dialled',
      async () => ({
        kind: 'ssh',
        host: '127.0.0.1',
        port: 9,
        username: 'ops',
        auth: 'key',
        privateKey: 'garbage',
      }),
      ['login failed'],
      'pem_invalid',
    ],
  ]
  it.each(failures)('stops at %s, names the step and what to do', async (_name, prepare, steps, code) => {
    process.env.SSH_AUTH_SOCK ??= '/run/no-agent.sock'
    const events = await run(await prepare())
    expect(told(events)).toEqual(steps)
    const failed = events.at(-2)
    expect(failed).toMatchObject({ error: { code, message: expect.not.stringMatching(/\?|\{/) } })
    expect(events.at(-1)).toMatchObject({ type: 'end', ok: false })
  })

  // Whoever may edit hosts would read with it what only this server reaches.
  it.each([
    ['every path', 200, 'text/plain', (_url: string) => secret],
    ['every path, refused', 401, 'application/json', () => `{"message":"${secret}"}`],
    ['every path, in a page', 500, 'text/html', () => `<p>${secret}</p>`],
    ['a redirect', 302, 'text/plain', () => secret],
    ...([200, 404, 500] as const).map(
      (status) =>
        [
          `all but the ping (${status})`,
          status,
          'text/plain',
          (url: string) => (url === '/_ping' ? 'OK' : secret),
        ] as [string, number, string, (url: string) => string],
    ),
    [
      'all but the ping, as JSON',
      200,
      'application/json',
      (url) => (url === '/_ping' ? 'OK' : `"${secret}"`),
    ],
    ['no HTTP', 0, '', () => `${secret}\r\n`],
  ] satisfies [string, number, string, (url: string) => string][])(
    'repeats nothing of what a service that is no engine says: %s',
    async (_name, status, type, body) => {
      const service = createHttpServer((request, response) => {
        const text = body(request.url ?? '')
        if (status === 0) return void request.socket.end(text)
        response.writeHead(text === 'OK' ? 200 : status, { 'content-type': type, location: `/${secret}` })
        response.end(text)
      })
      await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve))
      ends.push(() => service.close())
      const { port } = service.address() as AddressInfo
      const events = await run({ kind: 'tcp', host: '127.0.0.1', port })
      expect(told(events).at(-1)).toBe('engine failed')
      expect(JSON.stringify(events)).not.toContain(secret)
    },
  )

  it('lets everything go when whoever asked leaves', async () => {
    const { engine, input } = await small('hang')
    const leaving = new AbortController()
    const running = run(input, leaving.signal)
    while (engine.asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 10))
    leaving.abort()
    expect(told(await running)).toEqual(['name passed', 'port passed'])
  })

  it('closes its connections, also when it ends early', async () => {
    let open = 0
    const server = createServer((socket) => {
      open++
      socket.on('error', () => {})
      socket.on('close', () => open--)
      socket.resume()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    ends.push(() => server.close())
    const { port } = server.address() as { port: number }
    const leaving = new AbortController()
    setTimeout(() => leaving.abort(), 200)
    await run({ kind: 'tcp', host: '127.0.0.1', port }, leaving.signal)
    await vi.waitFor(() => expect(open).toBe(0), { timeout: 30_000 })
  })
})
