import { request } from 'node:http'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { type AppUnderTest, administrator, cookieOf, startApp } from '../testing/app-under-test.ts'

interface Operation {
  operationId: string
  tags: string[]
  security: unknown[]
  responses: Record<number, { content?: Record<string, unknown> }>
}

let test: AppUnderTest
beforeAll(async () => {
  test = await startApp()
})
afterAll(() => test.close())

const error = (answer: { json: unknown }) =>
  (answer.json as { error: { code: string; fields?: unknown; message: string } }).error

/** A request exactly as written, which fetch would clean up. */
function raw(
  path: string,
  headers: Record<string, string>,
  method = 'GET',
): Promise<{ status: number; text: string }> {
  const { hostname, port } = new URL(test.origin)
  return new Promise((resolve, reject) => {
    const message = request({ hostname, port, path, method, headers, setHost: false }, (response) => {
      let text = ''
      response.on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
    message.on('error', reject)
    message.end()
  })
}

function upgrade(headers: Record<string, string>, path = '/api/live'): Promise<number> {
  return new Promise((resolve) => {
    const socket = new WebSocket(test.origin.replace('http', 'ws') + path, { headers })
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0))
    socket.on('open', () => {
      socket.close()
      resolve(101)
    })
    socket.on('error', () => {})
  })
}

describe('before anybody is signed in', () => {
  it('refuses every route and every socket, whatever its parameters', async () => {
    const open = new Set([
      'GET /api/health',
      'GET /api/ready',
      'GET /api/setup',
      'POST /api/setup',
      'POST /api/session',
      'GET /api/sign-in',
      'POST /api/session/code',
      'POST /api/session/passkey',
      'POST /api/session/passkey/options',
      // Who holds a link has no account yet.
      'POST /api/join/look',
      'POST /api/join',
    ])
    let checked = 0
    for (const route of test.app.routes) {
      if (open.has(`${route.method} ${route.path}`)) continue
      const path = route.path.replaceAll(/:\w+/g, 'x')
      const answer = await test.call(
        route.method,
        path,
        ['GET', 'HEAD'].includes(route.method) ? undefined : {},
      )
      expect([route.path, answer.status]).toEqual([route.path, 401])
      if (route.method !== 'HEAD')
        expect([route.path, error(answer).code]).toEqual([route.path, 'signed_out'])
      checked++
    }
    expect(checked).toBeGreaterThan(25)
    for (const socket of test.app.sockets)
      expect(await upgrade({ origin: test.origin }, socket.path)).toBe(401)
    expect((await test.call('GET', '/api/nowhere')).status).toBe(401)
  })

  it('sets up once, and only with the token', async () => {
    expect(error(await test.call('POST', '/api/setup', { ...administrator, token: 'wrong' })).code).toBe(
      'setup_token_wrong',
    )
    const short = await test.call('POST', '/api/setup', { ...administrator, token: 'x', password: 'short' })
    expect(error(short)).toMatchObject({ code: 'invalid_input', fields: [{ path: 'password' }] })
    const token = await test.app.setup.token()
    const race = await Promise.all(
      [1, 2, 3].map((each) =>
        test.call('POST', '/api/setup', { ...administrator, email: `a${each}@example.com`, token }),
      ),
    )
    expect(race.map((answer) => answer.status).sort()).toEqual([200, 409, 409])
    const won = race.find((answer) => answer.status === 200)
    test.cookie = cookieOf(won?.headers ?? new Headers())
    expect(won?.headers.getSetCookie()[0]).toMatch(/HttpOnly.*SameSite=Strict/i)
    expect(await test.app.setup.token()).toBeNull()
    await test.app.db.deleteFrom('user').execute()
    expect(error(await test.call('POST', '/api/setup', { ...administrator, token })).code).toBe('setup_done')
  })
})

describe('what reaches a handler', () => {
  let own: AppUnderTest
  beforeAll(async () => {
    own = await startApp()
    await own.setUp()
  })
  afterAll(() => own.close())

  it.each([
    ['GET', '/api/hosts/nonsense', undefined, 400, 'invalid_input'],
    ['GET', '/api/hosts/h000000000000', undefined, 404, 'host_not_found'],
    ['PUT', '/api/hosts', {}, 405, 'method_not_allowed'],
    ['GET', '/api/nowhere', undefined, 404, 'not_found'],
    ['POST', '/api/hosts', { name: 'x' }, 400, 'invalid_input'],
    ['POST', '/api/hosts', '{"name":', 400, 'bad_request'],
    ['POST', '/api/hosts', `{"name":"${'x'.repeat(1_100_000)}"}`, 413, 'body_too_large'],
    ['GET', '/api/containers?filter=foo:bar', undefined, 400, 'invalid_filter'],
    ['GET', `/api/hosts/h000000000000/containers/${'a'.repeat(64)}`, undefined, 404, 'host_not_found'],
    ['GET', '/api/hosts/h000000000000/containers/..%2f..', undefined, 400, 'invalid_input'],
    [
      'POST',
      '/api/hosts',
      { name: 'm', transport: { kind: 'tcp', host: '169.254.169.254', port: 0 } },
      400,
      'invalid_input',
    ],
  ])('%s %s: %s %i %s', async (method, path, body, status, code) => {
    const answer = await own.call(method, path, body)
    expect([answer.status, error(answer).code]).toEqual([status, code])
    expect(error(answer).message.length).toBeGreaterThan(10)
  })

  it('reads what is deep, wide or quoted without end as what it is: malformed', async () => {
    const wide = Array.from({ length: 90_000 }, (_, at) => `"${at}":1`).join()
    for (const body of ['['.repeat(400_000), '['.repeat(400_000) + ']'.repeat(400_000), `{${wide}}`]) {
      const answer = await own.call('POST', '/api/hosts', body)
      expect([answer.status, error(answer).code]).toEqual([
        400,
        expect.stringMatching(/^(bad_request|invalid_input)$/),
      ])
    }
    const quotes = await own.call('GET', `/api/containers?filter=${'%22'.repeat(3000)}`)
    expect([quotes.status, error(quotes).code]).toEqual([400, 'invalid_input'])
  })

  it.each([
    'TRACE / HTTP/1.1',
    'CONNECT 169.254.169.254:80 HTTP/1.1',
    'TRACE http://169.254.169.254/ HTTP/1.1',
  ])('is no %s: nothing is echoed, and no tunnel begun', async (line) => {
    const socket = connect(Number(new URL(own.origin).port), '127.0.0.1')
    let heard = ''
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      heard += chunk
    })
    socket.write(
      `${line}\r\nHost: ${new URL(own.origin).host}\r\nCookie: canary\r\nConnection: close\r\n\r\n`,
    )
    await new Promise((resolve) => socket.once('close', resolve))
    expect(heard).not.toMatch(/ 200 |canary/)
  })

  it('knows its own description and nothing that only begins like it', async () => {
    expect(error(await own.call('POST', '/api/openapi.json', {})).code).toBe('method_not_allowed')
    const page = await own.call('GET', '/apifoo')
    expect(error(page).code).toBe('not_found')
  })

  it('answers HEAD without the work where an answer is a stream, which it would throw away', async () => {
    const streams = own.app.routes.filter(({ method, response }) => method === 'GET' && !response)
    expect(streams.map(({ path }) => path.split('/').at(-1))).toEqual(
      expect.arrayContaining(['export', 'files', 'content', 'archive', 'download']),
    )
    for (const { path } of streams) {
      const url = own.origin + path.replaceAll(/:\w+/g, 'x')
      const { status } = await fetch(url, { method: 'HEAD', headers: { cookie: own.cookie } })
      // 400: another route of the same shape, which takes the last part for an id.
      expect([400, 405], path).toContain(status)
    }
    const plain = await fetch(`${own.origin}/api/health`, { method: 'HEAD' })
    expect(plain.status).toBe(200)
  })

  it('does not wait for ever for a body that drips', async () => {
    const slow = await startApp({}, undefined, { jsonDeadlineMs: 200 })
    const { port } = new URL(slow.origin)
    const socket = connect(Number(port), '127.0.0.1')
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.on('error', () => {})
    socket.write(
      `POST /api/session HTTP/1.1\r\nHost: localhost:${port}\r\nOrigin: http://localhost:${port}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{`,
    )
    socket.resume()
    await closed
    await slow.setUp()
    await slow.close()
  })

  it('lets go of a refused upgrade whose peer keeps its half open', async () => {
    const { port } = new URL(own.origin)
    const socket = connect({ port: Number(port), host: '127.0.0.1', allowHalfOpen: true })
    socket.on('error', () => {})
    socket.resume()
    const refused = new Promise((resolve) => socket.once('end', resolve))
    socket.write(
      `GET /api/live HTTP/1.1\r\nHost: localhost:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n`,
    )
    await refused
    // Our end is gone: what the peer writes is answered by a reset.
    const reset = new Promise((resolve) => socket.once('close', resolve))
    const writing = setInterval(() => socket.write('x'), 20)
    await reset
    clearInterval(writing)
  })

  it('takes JSON and nothing else', async () => {
    // What a page of another site can send without being asked for first.
    for (const type of [
      'application/x-www-form-urlencoded',
      'text/plain',
      'multipart/form-data; boundary=x',
    ]) {
      const answer = await own.call('POST', '/api/hosts', '{"name":"x"}', { 'content-type': type })
      expect([type, answer.status, error(answer).code]).toEqual([type, 415, 'unsupported_media_type'])
    }
  })

  it('describes itself to a token, too: each operation has a name, and each reference leads somewhere', async () => {
    const made = await own.call('POST', '/api/account/tokens', {
      name: 'reader',
      hours: 1,
      permissions: ['containers.view'],
    })
    const { token } = made.json as { token: string }
    const asked = await fetch(`${own.origin}/api/openapi.json`, {
      headers: { authorization: `Bearer ${token}` },
    })
    expect(asked.status).toBe(200)
    const text = await asked.text()
    const { paths, components } = JSON.parse(text) as {
      paths: Record<string, Record<string, Operation>>
      components: { schemas: Record<string, unknown> }
    }
    const stop = paths['/api/hosts/{hostId}/containers/{containerId}/stop']?.post
    expect(stop).toMatchObject({
      'x-access': 'containers.stop',
      operationId: 'postHostsContainersStop',
      tags: ['containers'],
      security: [{ token: [] }, { session: [] }],
    })
    const operations = Object.values(paths).flatMap((methods) => Object.values(methods))
    expect(operations.length).toBeGreaterThan(120)
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length)
    const named = [...text.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name)
    expect([...new Set(named)].sort()).toEqual(Object.keys(components.schemas).sort())
    expect(paths['/api/audit/export']?.get?.responses[200]?.content).toHaveProperty(['application/x-ndjson'])
    expect(paths['/api/session']?.post?.security).toEqual([])
  })

  it('ends a session everywhere at once, its sockets included', async () => {
    const login = await own.call('POST', '/api/session', {
      email: administrator.email,
      password: administrator.password,
    })
    const other = cookieOf(login.headers)
    const socket = new WebSocket(`${own.origin.replace('http', 'ws')}/api/live`, {
      headers: { cookie: other, origin: own.origin },
    })
    await new Promise((resolve) => socket.once('open', resolve))
    const closed = new Promise((resolve) => socket.once('close', resolve))
    const sessions = (await own.call('GET', '/api/account/sessions')).json as {
      id: string
      current: boolean
    }[]
    const victim = sessions.find((session) => !session.current)
    expect((await own.call('DELETE', `/api/account/sessions/${victim?.id}`)).status).toBe(204)
    expect(await closed).toBe(4401)
    const after = await fetch(`${own.origin}/api/session`, { headers: { cookie: other } })
    expect(after.status).toBe(401)
  })
})

describe('who may ask', () => {
  it.each(['evil.example', 'localhost.evil.example', '', '127.0.0.1.evil.example:80'])(
    'refuses the host name %j (DNS rebinding)',
    async (host) => {
      const { status } = await raw('/api/health', { host })
      // Node itself refuses a request without a Host.
      expect([421, 400]).toContain(status)
    },
  )

  it.each([
    [{ origin: 'http://evil.example' }, 403],
    [{ origin: 'null' }, 403],
    [{ origin: 'http://localhost:1' }, 403],
    [{ origin: 'http://localhost' }, 403],
    [{ origin: 'https://localhost:PORT' }, 403],
    [{ origin: 'http://127.0.0.1:PORT' }, 403],
    [{ origin: 'http://localhost:PORT.evil.example' }, 403],
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ 'sec-fetch-site': 'same-site' }, 403],
    [{ origin: 'http://localhost:PORT' }, 400],
    [{}, 400],
  ] as [Record<string, string>, number][])('a changing request with %j gets %i', async (headers, status) => {
    const { host, port } = new URL(test.origin)
    const given = Object.entries(headers).map(([name, value]) => [name, value.replace('PORT', port)])
    const asked = { host, ...Object.fromEntries(given) }
    expect((await raw('/api/session', asked, 'POST')).status).toBe(status)
  })

  it('refuses a WebSocket from another site, or without an origin', async () => {
    expect(await upgrade({ origin: 'http://evil.example', cookie: test.cookie })).toBe(403)
    expect(await upgrade({ cookie: test.cookie })).toBe(403)
  })

  it('sends its security headers with every answer', async () => {
    const { headers } = await test.call('GET', '/api/health')
    expect(headers.get('content-security-policy')).toMatch(
      /script-src 'self' 'nonce-[\w+/=]+' 'strict-dynamic';.*frame-ancestors 'none'/,
    )
    expect(headers.get('x-content-type-options')).toBe('nosniff')
  })
})

describe('an address that does not decode', () => {
  it.each(['/%E0%A4%A', '/api/hosts/%', '/api/%ff/x', '/%'])(
    '%s passes the same hooks as others',
    async (path) => {
      const { hostname, port } = new URL(test.origin)
      const ask = (host: string) =>
        new Promise<{ status: number; headers: NodeJS.Dict<string | string[]>; text: string }>(
          (resolve, reject) => {
            const message = request(
              { hostname, port, path, headers: { host }, setHost: false },
              (response) => {
                let text = ''
                response.on('data', (chunk) => {
                  text += chunk
                })
                response.on('end', () =>
                  resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
                )
              },
            )
            message.on('error', reject)
            message.end()
          },
        )
      const answer = await ask('localhost')
      expect(answer.status).toBe(400)
      expect(JSON.parse(answer.text)).toMatchObject({ error: { code: 'bad_request' } })
      expect(answer.headers).toMatchObject({
        'x-content-type-options': 'nosniff',
        'x-request-id': expect.any(String),
        'content-security-policy': expect.any(String),
      })
      expect((await ask('evil.test')).status).toBe(421)
    },
  )
})
