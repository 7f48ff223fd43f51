import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import pino from 'pino'
import ssh2 from 'ssh2'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { discoveredEngineSchema, type Host, hostSchema, type TestEvent } from '#lib/contracts/hosts.ts'
import { type App, createApp } from '../../app.ts'
import { readConfig } from '../../config.ts'
import { type SmallEngine, startSmallEngine } from '../../testing/small-engine.ts'

const folder = mkdtempSync(join(tmpdir(), 'routes-hosts-'))
let logged = ''
/** Without the redaction of the real one: nothing may even be handed to it. */
const log = pino(
  { level: 'trace' },
  new Writable({
    write(chunk, _encoding, done) {
      logged += chunk
      done()
    },
  }),
)
let app: App
let origin: string
let cookie = ''
let engine: SmallEngine

async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const response = await fetch(origin + path, {
    method,
    headers: { cookie, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  })
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.startsWith('application/json')
  return { status: response.status, text, json: isJson ? JSON.parse(text) : null }
}

beforeAll(async () => {
  engine = await startSmallEngine()
  const environment = { NODE_ENV: 'test' as const, ROADSTEAD_PORT: '0', ROADSTEAD_DATA: folder }
  app = await createApp(readConfig(environment), log, { pages: false })
  origin = `http://127.0.0.1:${await app.listen()}`
  const person = { name: 'Ada', email: 'ada@example.test', password: 'correct horse battery' }
  const response = await fetch(`${origin}/api/setup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token: await app.setup.token(), ...person }),
  })
  expect(response.status).toBe(200)
  cookie = response.headers
    .getSetCookie()
    .map((line) => line.split(';', 1)[0])
    .join('; ')
})
afterAll(async () => {
  await app?.close()
  await engine?.close()
  rmSync(folder, { recursive: true })
})
beforeEach(async () => {
  for (const host of app.hosts.registry.list()) await app.hosts.service.remove(host.id)
})

const tcp = () => ({ kind: 'tcp', host: '127.0.0.1', port: engine.port })
const online = (hostId: string) =>
  vi.waitFor(() => expect(app.hosts.registry.get(hostId).state).toBe('online'), { timeout: 30_000 })

describe('the hosts API', () => {
  it('adds, shows, edits, pauses, resumes, reconnects and removes a host', async () => {
    const added = await call('POST', '/api/hosts', { name: 'web-1', tags: ['prod'], transport: tcp() })
    expect(added.status).toBe(200)
    const host: Host = hostSchema.parse(added.json)
    expect(host).toMatchObject({ name: 'web-1', address: `tcp://127.0.0.1:${engine.port}`, engine: null })
    await online(host.id)
    const at = `/api/hosts/${host.id}`
    expect((await call('GET', at)).json).toMatchObject({ state: 'online', engine: { version: '20.10.24' } })
    expect((await call('PATCH', at, { name: 'web-2', tags: [] })).json).toMatchObject({
      name: 'web-2',
      state: 'online',
    })
    expect((await call('POST', `${at}/pause`)).json).toMatchObject({ state: 'paused' })
    expect((await call('POST', `${at}/reconnect`)).json.error).toMatchObject({
      code: 'host_paused',
      hostId: host.id,
    })
    expect((await call('POST', `${at}/resume`)).json).toMatchObject({ state: 'connecting' })
    await online(host.id)
    expect((await call('POST', `${at}/reconnect`)).status).toBe(200)
    expect((await call('GET', '/api/hosts')).json).toHaveLength(1)
    expect((await call('DELETE', at)).status).toBe(204)
    expect((await call('GET', at)).json.error).toMatchObject({ code: 'host_not_found', hostId: host.id })
  })

  it('dials anew when the address was changed', async () => {
    const { json: host } = await call('POST', '/api/hosts', {
      name: 'moved',
      transport: { ...tcp(), port: 9 },
    })
    await vi.waitFor(() => expect(app.hosts.registry.get(host.id).state).toBe('unreachable'), {
      timeout: 30_000,
    })
    const { json: error } = await call('GET', `/api/hosts/${host.id}`)
    expect(error.error.message).toBe('Nothing listens at 127.0.0.1, port 9.')
    await call('PATCH', `/api/hosts/${host.id}`, { transport: tcp() })
    await online(host.id)
  })

  it('keeps pausing over a restart of the registry', async () => {
    const { json: host } = await call('POST', '/api/hosts', { name: 'quiet', transport: tcp() })
    await call('POST', `/api/hosts/${host.id}/pause`)
    const row = await app.db.selectFrom('hosts').select('paused').where('id', '=', host.id).executeTakeFirst()
    expect(row?.paused).toBe(1)
  })

  const key = ssh2.utils.generateKeyPairSync('rsa', { bits: 2048 }).private
  const ssh = { kind: 'ssh', host: '127.0.0.1', port: 9, username: 'ops', auth: 'key', privateKey: key }
  const bad: [string, unknown, string][] = [
    ['no name', { transport: { kind: 'tcp', host: 'a', port: 1 } }, 'invalid_input'],
    [
      'a port out of range',
      { name: 'x', transport: { kind: 'tcp', host: 'a', port: 70_000 } },
      'invalid_input',
    ],
    [
      'a way that is none',
      { name: 'x', transport: { kind: 'telnet', host: 'a', port: 23 } },
      'invalid_input',
    ],
    [
      'an option as account',
      { name: 'x', transport: { ...ssh, username: '-oProxyCommand=x' } },
      'invalid_input',
    ],
    [
      'a relative socket',
      { name: 'x', transport: { kind: 'unix', socketPath: 'run/x.sock' } },
      'invalid_input',
    ],
    ['a host key that nobody accepted', { name: 'x', transport: ssh }, 'ssh_host_key_unknown'],
    ['a key that is none', { name: 'x', transport: { ...ssh, privateKey: 'garbage' } }, 'pem_invalid'],
    ['no key', { name: 'x', transport: { ...ssh, privateKey: undefined } }, 'secret_missing'],
  ]
  it.each(bad)('refuses %s and stores nothing', async (_name, body, code) => {
    const answer = await call('POST', '/api/hosts', body)
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.status).toBeLessThan(500)
    expect(answer.json.error).toMatchObject({ code, message: expect.any(String) })
    expect((await call('GET', '/api/hosts')).json).toEqual([])
  })

  it('refuses a name that is taken, an unknown host and a malformed id', async () => {
    await call('POST', '/api/hosts', { name: 'web-1', transport: tcp() })
    const taken = await call('POST', '/api/hosts', { name: 'web-1', transport: tcp() })
    expect(taken).toMatchObject({ status: 409, json: { error: { code: 'host_name_taken' } } })
    for (const verb of ['pause', 'resume', 'reconnect'])
      expect((await call('POST', `/api/hosts/habcdefghjkmn/${verb}`)).json.error.code).toBe('host_not_found')
    expect((await call('DELETE', '/api/hosts/habcdefghjkmn')).status).toBe(404)
    expect((await call('GET', '/api/hosts/..%2fx')).status).toBeLessThan(500)
    expect((await call('GET', '/api/hosts/nonsense!')).json.error.code).toBe('invalid_input')
  })

  it('does nothing for whoever is not signed in, and dials nothing', async () => {
    const { json: host } = await call('POST', '/api/hosts', {
      name: 'web-1',
      transport: { ...tcp(), port: 9 },
    })
    const asked = engine.asked.length
    const at = `/api/hosts/${host.id}`
    const requests: [string, string, unknown?][] = [
      ...([
        ['GET', '/api/hosts'],
        ['GET', at],
        ['DELETE', at],
        ['GET', '/api/hosts/discovered'],
      ] as [string, string][]),
      ['POST', '/api/hosts', { name: 'x', transport: tcp() }],
      ['PATCH', at, { transport: tcp() }],
      ['POST', '/api/hosts/test', { transport: tcp() }],
      ['POST', `/api/hosts/discovered/${'0'.repeat(16)}`, { tags: [] }],
      ...['pause', 'resume', 'reconnect'].map((verb): [string, string] => ['POST', `${at}/${verb}`]),
    ]
    for (const [method, path, body] of requests)
      expect(await call(method, path, body, { cookie: '' })).toMatchObject({ status: 401 })
    expect(engine.asked.length).toBe(asked)
    expect(app.hosts.registry.list()).toHaveLength(1)
  })

  it('streams a test as lines, with the stored secrets of the host in edit', async () => {
    const { json: host } = await call('POST', '/api/hosts', { name: 'web-1', transport: tcp() })
    const { status, text } = await call('POST', '/api/hosts/test', { transport: tcp(), hostId: host.id })
    expect(status).toBe(200)
    const events = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as TestEvent)
    expect(events.at(-1)).toMatchObject({ type: 'end', ok: true })
    const unknown = await call('POST', '/api/hosts/test', { transport: tcp(), hostId: 'habcdefghjkmn' })
    expect(unknown.json.error.code).toBe('host_not_found')
  })

  it('ends a test when its page is left', async () => {
    engine.behaviour = 'hang'
    try {
      const leaving = new AbortController()
      const response = await fetch(`${origin}/api/hosts/test`, {
        method: 'POST',
        headers: { cookie, 'content-type': 'application/json' },
        body: JSON.stringify({ transport: tcp() }),
        signal: leaving.signal,
      })
      const reader = response.body?.getReader()
      await reader?.read()
      leaving.abort()
      await expect(reader?.closed).rejects.toThrow()
    } finally {
      engine.behaviour = 'answer'
    }
    expect((await call('GET', '/api/hosts')).status).toBe(200)
    expect(logged.split('\n').filter((line) => line.includes('"level":50'))).toEqual([])
  })

  it('offers the engines of this machine', async () => {
    const { status, json } = await call('GET', '/api/hosts/discovered')
    expect(status).toBe(200)
    for (const found of json) discoveredEngineSchema.parse(found)
    const unknown = await call('POST', `/api/hosts/discovered/${'0'.repeat(16)}`, { tags: [] })
    expect(unknown.json.error.code).toBe('not_found')
    expect((await call('POST', '/api/hosts/discovered/nonsense', { tags: [] })).json.error.code).toBe(
      'invalid_input',
    )
  })

  it('tells no secret: not in answers, errors, logs or the database', async () => {
    const canary = 'canary-5ef1c0de'
    const hop = {
      host: '127.0.0.1',
      port: 9,
      username: 'ops',
      auth: 'key',
      hostKey: `SHA256:${'A'.repeat(43)}`,
    }
    const secrets = { privateKey: key, passphrase: canary }
    const body = {
      name: 'vault',
      transport: { kind: 'ssh', ...hop, ...secrets, jump: { ...hop, ...secrets } },
    }
    const keyLines = key.split('\n').filter((line) => line.length > 40)
    let said = ''
    const say = async (...args: Parameters<typeof call>) => {
      const answer = await call(...args)
      said += answer.text
      return answer
    }
    const { json: host } = await say('POST', '/api/hosts', body)
    expect(host.transport).toMatchObject({
      hasPrivateKey: true,
      hasPassphrase: true,
      jump: { hasPrivateKey: true },
    })
    const at = `/api/hosts/${host.id}`
    await vi.waitFor(() => expect(app.hosts.registry.get(host.id).error).not.toBeNull(), { timeout: 30_000 })
    await say('GET', at)
    await say('GET', '/api/hosts')
    await say('PATCH', at, { transport: { kind: 'ssh', ...hop, host: 'evil.example' } })
    await say('POST', '/api/hosts/test', { transport: { kind: 'ssh', ...hop, jump: hop }, hostId: host.id })
    await say('POST', '/api/hosts', body)
    await say('POST', '/api/hosts', {
      ...body,
      transport: { ...body.transport, privateKey: `${canary}${key}` },
    })
    await say('POST', '/api/hosts', { ...body, transport: { ...body.transport, privateKey: [key, canary] } })
    await say('PATCH', at, { transport: { ...body.transport, port: 0 } })
    expect((await call('GET', at)).json.transport.host).toBe('127.0.0.1')
    const stored = readdirSync(folder)
      .filter((file) => file.startsWith('roadstead.db'))
      .map((file) => readFileSync(join(folder, file), 'latin1'))
      .join('')
    expect(stored).toContain('vault')
    for (const secret of [canary, ...keyLines])
      for (const place of [said, logged, stored]) expect(place.includes(secret)).toBe(false)
  })
})
