import { connect } from 'node:net'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import type { MadeToken } from '#lib/contracts/account.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import { type Permission, type Role, rolePermissions } from '#lib/permissions.ts'
import { type AppUnderTest, startApp } from '../testing/app-under-test.ts'
import { startRecordingEngine } from '../testing/recording-engine.ts'

let test: AppUnderTest
let engine: Awaited<ReturnType<typeof startRecordingEngine>>
let hostId: string
const tokens = new Map<Role, string>()

beforeAll(async () => {
  engine = await startRecordingEngine()
  test = await startApp()
  await test.setUp()
  const transport = { kind: 'tcp', host: '127.0.0.1', port: engine.port }
  hostId = ((await test.call('POST', '/api/hosts', { name: 'web one', transport })).json as Host).id
  await vi.waitFor(async () => expect(await state()).toBe('online'), { timeout: 30_000 })
  for (const role of ['administrator', 'operator', 'viewer'] as const)
    tokens.set(role, (await tokenOf(rolePermissions[role].filter((name) => name !== 'users.edit'))).token)
})
afterAll(async () => {
  await test?.close()
  engine?.close()
})
beforeEach(() => {
  engine.recorded.length = 0
})

const state = async () => ((await test.call('GET', '/api/hosts')).json as Host[])[0]?.state

async function tokenOf(permissions: readonly Permission[]): Promise<MadeToken> {
  return (await test.call('POST', '/api/account/tokens', { name: 'cli', permissions, hours: 1 })).json
}
/** What reached the engine through the gateway: the dashboard itself speaks version 1.48 or none. */
const reached = () => engine.recorded.filter(({ line }) => line.includes(' /v1.30/')).map(({ line }) => line)

const ask = (path: string, role: Role, init: RequestInit = {}) =>
  fetch(`${test.origin}/h/${hostId}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${tokens.get(role)}`, ...init.headers },
  })

/** A request as bytes, and what comes back, until the server closes or is silent. */
function bytes(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(test.origin).port), 'localhost')
    let answer = ''
    socket.setTimeout(1500, () => socket.destroy())
    socket.on('data', (chunk) => {
      answer += chunk
    })
    socket.on('close', () => resolve(answer))
    socket.on('error', reject)
    socket.write(text)
  })
}
const head = (line: string, more = '') =>
  `${line} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${tokens.get('administrator')}\r\n${more}\r\n`

describe('who asks', () => {
  it('needs gateway.use besides, and no more than the token names', async () => {
    const { token } = await tokenOf(['containers.view'])
    const answer = await ask('/v1.30/containers/json', 'viewer', {
      headers: { authorization: `Bearer ${token}` },
    })
    expect([answer.status, await answer.json()]).toEqual([
      403,
      { message: expect.stringContaining('gateway.use') },
    ])
    expect(reached()).toEqual([])
  })

  it('is known by a token alone', async () => {
    const path = `${test.origin}/h/${hostId}/v1.30/containers/json`
    for (const headers of [
      {},
      { cookie: test.cookie },
      { authorization: 'Bearer rst_wrong' },
      { authorization: `Basic ${Buffer.from('a:b').toString('base64')}` },
    ] as Record<string, string>[]) {
      const answer = await fetch(path, { headers })
      expect([answer.status, await answer.json()]).toEqual([
        401,
        { message: expect.stringContaining('token') },
      ])
    }
    expect((await fetch(`${path}?token=${tokens.get('viewer')}`)).status).toBe(401)
    expect(reached()).toEqual([])
  })

  it('is no page of another site, and no other name of ours', async () => {
    const foreign = await ask('/v1.30/containers/prune', 'administrator', {
      method: 'POST',
      headers: { origin: 'http://evil.test' },
    })
    expect(foreign.status).toBe(403)
    const rebound = await bytes(
      head(`GET /h/${hostId}/v1.30/containers/json`).replace('localhost', 'evil.test'),
    )
    expect(rebound).toContain(' 421 ')
    expect(reached()).toEqual([])
  })

  it('loses a running stream with the token', async () => {
    const made = await tokenOf(rolePermissions.administrator.filter((name) => name !== 'users.edit'))
    const answer = await ask('/v1.30/containers/zz/wait', 'administrator', {
      method: 'POST',
      headers: { authorization: `Bearer ${made.token}` },
    })
    expect(answer.status).toBe(200)
    expect(engine.open).toContain('/containers/zz/wait')
    const ended = answer.text().catch(() => 'cut')
    await test.call('DELETE', `/api/account/tokens/${made.id}`)
    expect(await ended).toBe('cut')
    await expect.poll(() => engine.open.has('/containers/zz/wait')).toBe(false)
  })
})

describe('what an engine hears', () => {
  it('is the path as it was read, by host id and by name', async () => {
    const by = async (host: string) =>
      (
        await fetch(`${test.origin}/h/${host}/v1.30/contain%65rs/z%2Dz/json?size=1`, {
          headers: { authorization: `Bearer ${tokens.get('viewer')}` },
        })
      ).status
    expect([await by(hostId), await by('web%20one'), await by('other')]).toEqual([200, 200, 404])
    expect(reached()).toEqual(Array(2).fill('GET /v1.30/containers/z-z/json?size=1'))
  })

  it('are its own headers, and none of the client’s but registry credentials', async () => {
    const auth = Buffer.from('{"username":"u"}').toString('base64url')
    await ask('/v1.30/images/create?fromImage=zz', 'operator', {
      method: 'POST',
      headers: {
        'x-registry-auth': auth,
        cookie: 'a=b',
        'x-forwarded-for': '1.2.3.4',
        te: 'trailers',
        'x-meta': 'a',
        'accept-encoding': 'gzip',
        'user-agent': 'Docker-Client/28',
      },
    })
    const { headers } = engine.recorded.find(({ line }) =>
      line.includes('/v1.30/'),
    ) as (typeof engine.recorded)[0]
    expect(headers).toMatchObject({ host: 'engine', 'x-registry-auth': auth })
    expect(Object.keys(headers).sort()).toEqual(['connection', 'content-length', 'host', 'x-registry-auth'])
  })

  it('is no form, no version of old and no parameter twice or unknown', async () => {
    const refused = async (path: string, init: RequestInit, role: Role = 'operator') => {
      const answer = await ask(path, role, { method: 'POST', ...init })
      expect(await answer.json()).toEqual({ message: expect.any(String) })
      return answer.status
    }
    const form = { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: 'signal=KILL' }
    expect(await refused('/v1.30/containers/zz/restart', form)).toBe(415)
    expect(await refused('/v1.23/containers/zz/start', {})).toBe(400)
    expect(await refused('/v1.30/images/create?fromImage=a&fromImage=b', {})).toBe(400)
    expect(await refused('/v1.30/images/create?fromImage=a&FROMIMAGE=b', {}, 'administrator')).toBe(400)
    expect(await refused('/v1.30/images/create?fromSrc=http://169.254.169.254/', {})).toBe(400)
    expect(await refused('/v1.30/images/create?FromSrc=http://169.254.169.254/', {})).toBe(400)
    expect(await refused('/v1.30/images/create?fromImage=a&Tag=b', {}, 'administrator')).toBe(400)
    expect(await refused('/v1.30/containers/zz/top?ps_args=axe', { method: 'GET' })).toBe(400)
    expect(await refused('/v1.30/plugins/pull', {})).toBe(404)
    expect(await refused('/v1.30/swarm/init', {})).toBe(404)
    expect(await refused('/v1.30/containers/zz/copy', {}, 'administrator')).toBe(404)
    expect(await refused('/session', {}, 'administrator')).toBe(400)
    expect(reached()).toEqual([])
  })

  it('is a body written anew, or none where none belongs', async () => {
    const json = { 'content-type': 'application/json' }
    const post = (path: string, body: string) =>
      ask(path, 'administrator', { method: 'POST', headers: json, body })
    await post(
      '/v1.30/containers/create?name=zz',
      '{"Image":"a",  "Image":"b","Max":9223372036854775807,"N":1.50}',
    )
    await post('/v1.30/containers/zz/start', '{"Privileged":true}')
    await post('/v1.30/commit?container=zz', 'null')
    const bodies = engine.recorded.filter(({ line }) => line.includes('/v1.30/')).map(({ body }) => body)
    expect(bodies).toEqual(['{"Image":"b","Max":9223372036854775807,"N":1.50}', '', 'null'])
    expect((await post('/v1.30/containers/create', '[1]')).status).toBe(400)
    expect((await post('/v1.30/containers/create', '{"a":')).status).toBe(400)
    expect((await post('/v1.30/containers/create', `{"a":"${'x'.repeat(9e6)}"}`)).status).toBe(413)
    expect(reached()).toHaveLength(3)
  })

  it('is a push with an account, or the word that there is none', async () => {
    const path = '/v1.30/images/zz/push?tag=1'
    await ask(path, 'administrator', { method: 'POST', body: '{}' })
    await ask(path, 'administrator', { method: 'POST', headers: { 'x-registry-auth': 'e30K' } })
    const pushes = engine.recorded.filter(({ line }) => line === `POST ${path}`)
    expect(pushes.map(({ headers, body }) => [headers['x-registry-auth'], body])).toEqual([
      ['e30=', ''],
      ['e30K', ''],
    ])
  })
})

describe('a raw stream', () => {
  const upgrading = 'Connection: Upgrade\r\nUpgrade: tcp\r\n'
  const exec = (more = '') =>
    head(`POST /h/${hostId}/v1.30/exec/zz/start`, `${upgrading}Content-Length: 16\r\n${more}`)
  /** Sends the parts one after the other, ends its half, and reads to the end. */
  const talk = async (parts: string[]) => {
    const socket = connect({
      port: Number(new URL(test.origin).port),
      host: 'localhost',
      allowHalfOpen: true,
    })
    let answer = ''
    socket.on('data', (chunk) => {
      answer += chunk
    })
    for (const part of parts) {
      socket.write(part)
      await new Promise((resolve) => setTimeout(resolve, 30))
    }
    socket.end()
    await new Promise((resolve) => socket.on('close', resolve).on('end', () => setTimeout(resolve, 10)))
    return answer
  }

  it.each([
    ['at once', (body: string) => [`${exec()}${body}typed`]],
    ['piece by piece', (body: string) => [exec(), body.slice(0, 5), `${body.slice(5)}ty`, 'ped']],
  ])('goes both ways, its input ended by half a close, sent %s', async (_how, parts) => {
    const answer = await talk(parts('{"Tty":  false }'))
    expect(answer).toMatch(/^HTTP\/1.1 101 UPGRADED\r\n/)
    expect(answer).toMatch(/body \{"Tty":false\}\ntyped\neof$/)
    expect(engine.open.has('upgraded')).toBe(false)
  })

  it('is only for what turns into one, and for whom it may', async () => {
    const refusal = async (line: string, token = tokens.get('administrator')) =>
      (await bytes(head(line, upgrading).replace(/rst_\S+/, token ?? ''))).split('\r\n\r\n')
    const lists = await refusal(`POST /h/${hostId}/v1.30/containers/zz/start`)
    expect(lists[0]).toContain(' 400 ')
    // The docker command would take it for a stream.
    expect(lists[0]).not.toMatch(/^connection:/im)
    expect(JSON.parse(lists[1] as string)).toEqual({ message: expect.stringContaining('raw stream') })
    expect((await refusal(`GET /h/${hostId}/v1.30/containers/zz/attach/ws`))[0]).toContain(' 400 ')
    expect(
      (await refusal(`POST /h/${hostId}/v1.30/containers/zz/attach`, tokens.get('operator')))[0],
    ).toContain(' 403 ')
    expect((await refusal(`POST /h/${hostId}/v1.30/exec/zz/start`, 'rst_x'))[0]).toContain(' 401 ')
    for (const path of ['/session', '/v1.30/grpc'])
      expect((await refusal(`POST ${path}`))[1]).toContain('docker-forward.mjs')
    expect(reached()).toEqual([])
  })

  describe('of BuildKit', () => {
    const offers = [
      'X-Docker-Expose-Session-Uuid: u1',
      'X-Docker-Expose-Session-Grpc-Method: /a/B',
      'X-Docker-Expose-Session-Grpc-Method: /c/D',
      'X-Meta: dropped',
    ]
    const open = (line: string, more: string[] = [], token = tokens.get('administrator')) =>
      talk([
        head(line, [...more, ...offers, 'Connection: Upgrade', 'Upgrade: h2c', ''].join('\r\n')).replace(
          /rst_\S+/,
          token ?? '',
        ) + 'PRI',
      ])

    it.each([
      ['below the host’s path', (path: string) => `/h/${hostId}${path}`, []],
      ['at the root, with the host in a header', (path: string) => path, ['Roadstead-Host: web one']],
    ])('goes through %s, with what the client offers', async (_how, at, more) => {
      for (const path of ['/session', '/v1.30/grpc']) {
        engine.recorded.length = 0
        expect(await open(`POST ${at(path)}`, more)).toMatch(
          /^HTTP\/1.1 101 UPGRADED\r\nconnection: Upgrade\r\nupgrade: h2c\r\n\r\nbody \nPRI\neof$/,
        )
        const { line, headers } = engine.recorded.find(({ line }) => line.startsWith('POST')) ?? {}
        expect([line, headers?.upgrade]).toEqual([`POST ${path}`, 'h2c'])
        expect(headers?.['x-docker-expose-session-grpc-method']).toBe('/a/B, /c/D')
        expect(headers).not.toHaveProperty('x-meta')
      }
    })

    it('is for administrators alone, on a host that there is', async () => {
      const { token } = await tokenOf(rolePermissions.operator)
      expect(await open(`POST /h/${hostId}/session`, [], token)).toContain(' 403 ')
      expect(await open('POST /session', [`Roadstead-Host: ${hostId}`], token)).toContain(' 403 ')
      expect(await open('POST /session', [`Roadstead-Host: ${hostId}`], 'rst_x')).toContain(' 401 ')
      expect(await open('POST /grpc', ['Roadstead-Host: elsewhere'])).toContain(' 404 ')
      expect(await open('POST /grpc', ['Roadstead-Host: ../x'])).toContain(' 400 ')
      expect(engine.recorded.filter(({ line }) => line.startsWith('POST'))).toEqual([])
    })
  })

  it('is cut at both ends when the token is revoked', async () => {
    const made = await tokenOf(rolePermissions.administrator.filter((name) => name !== 'users.edit'))
    const talking = bytes(`${exec()}{"Tty":  false }`.replace(/rst_\S+/, made.token))
    await expect.poll(() => engine.open.has('upgraded')).toBe(true)
    await test.call('DELETE', `/api/account/tokens/${made.id}`)
    expect(await talking).toContain('101 UPGRADED')
    await expect.poll(() => engine.open.has('upgraded')).toBe(false)
  })
})

it('leaves intent and outcome in the audit log, and denials', async () => {
  await ask('/v1.30/containers/zz/stop', 'operator', { method: 'POST' })
  await ask('/v1.30/containers/zz', 'viewer', { method: 'DELETE' })
  const { items } = (await test.call('GET', '/api/audit')).json as { items: Record<string, unknown>[] }
  expect(items).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ action: 'containers.stop', hostId, signIn: 'token' }),
      expect.objectContaining({ action: 'containers.remove', decision: 'denied' }),
    ]),
  )
})

it('names in the audit log what only a body names', async () => {
  const body = JSON.stringify({ Name: 'named-by-body', Labels: { password: 'canary' } })
  const headers = { 'content-type': 'application/json' }
  await ask('/v1.41/volumes/create', 'administrator', { method: 'POST', body, headers })
  const { items } = (await test.call('GET', '/api/audit')).json as { items: object[] }
  const text = JSON.stringify(items)
  expect(text).toContain('POST /h/')
  expect(text).toMatch(/volumes\/create named-by-body/)
  expect(text).not.toContain('canary')
})

describe('what comes back', () => {
  it('is without the values that need containers.reveal', async () => {
    const secrets = [
      '/containers/secret/json',
      '/containers/secret/top',
      '/events?since=1',
      '/images/secret/json',
      '/images/secret/history',
      '/volumes',
      '/volumes/nas',
    ]
    for (const path of secrets) {
      expect(await (await ask(path, 'operator')).text()).not.toContain('canary')
      expect(await (await ask(path, 'administrator')).text()).toContain('canary')
    }
    const lines = (await (await ask('/events?since=1', 'operator')).text()).split('\n')
    expect(lines).toEqual([lines[0], lines[0], ''])
    expect(lines[0]).toContain('"exec_create: app --password ***","timeNano":1700000000000000123}')
  })

  it('is a ping that offers BuildKit to whose client finds the way, and no cookie', async () => {
    const ping = async (role: Role, more: Record<string, string> = {}) =>
      (await ask('/_ping', role, { method: 'HEAD', headers: more })).headers
    const headers = await ping('administrator')
    expect([headers.get('api-version'), headers.get('builder-version')]).toEqual(['1.48', '1'])
    expect(headers.get('set-cookie')).toBeNull()
    const named = { 'roadstead-host': 'web one' }
    expect((await ping('administrator', named)).get('builder-version')).toBe('2')
    expect((await ping('operator', named)).get('builder-version')).toBe('1')
  })

  it('ends at the engine when the client goes', async () => {
    const client = new AbortController()
    await ask('/v1.30/containers/zz/logs?follow=1', 'administrator', { signal: client.signal })
    expect(engine.open).toContain('/containers/zz/logs')
    client.abort()
    await expect.poll(() => engine.open.has('/containers/zz/logs')).toBe(false)
  })

  it('is cut where the engine’s answer was, and not made to look whole', async () => {
    const answer = await ask('/v1.30/images/broken/get', 'administrator')
    expect(answer.status).toBe(200)
    await expect(answer.text()).rejects.toThrow()
  })

  it('is nothing for an upload that was cut: the engine sees it cut too', async () => {
    const socket = connect(Number(new URL(test.origin).port), 'localhost')
    socket.on('error', () => {})
    socket.write(head(`POST /h/${hostId}/v1.30/images/load`, 'Transfer-Encoding: chunked\r\n'))
    socket.write('4\r\nhalf\r\n', () => setTimeout(() => socket.destroy(), 200))
    await expect.poll(reached).toEqual(['POST /v1.30/images/load cut'])
  })

  it('is the state of a host that cannot be asked, at once', async () => {
    await test.call('POST', `/api/hosts/${hostId}/pause`)
    const answer = await ask('/v1.30/containers/json', 'viewer')
    expect([answer.status, await answer.json()]).toEqual([
      409,
      { message: expect.stringContaining('paused') },
    ])
    await test.call('POST', `/api/hosts/${hostId}/resume`)
  })
})
