import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Host } from '#lib/contracts/hosts.ts'
import { ApiFailure, api, apiUrl, fieldErrors, onSignedOut } from './api.ts'

const host = { name: 'x', transport: { kind: 'unix' as const, socketPath: '/run/x.sock' } }

let answer: (request: IncomingMessage, response: ServerResponse, body: string) => void
const server = createServer(async (request, response) => {
  let body = ''
  for await (const chunk of request) body += chunk
  answer(request, response, body)
})

beforeEach(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  // The page tells the base path; here it carries the origin too, which a page's own fetch would add.
  vi.stubGlobal('document', { documentElement: { dataset: { basePath: `http://127.0.0.1:${port}/base` } } })
})
afterEach(async () => {
  vi.unstubAllGlobals()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

const refuse = (status: number, error: object) => {
  answer = (_, response) => response.writeHead(status).end(JSON.stringify({ error }))
}
const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => {
      throw new Error('was not refused')
    },
    (error: unknown) => error as ApiFailure,
  )

describe('api', () => {
  it('sends JSON below the base path and reads the answer', async () => {
    answer = (request, response, body) =>
      response.end(
        JSON.stringify({
          url: request.url,
          type: request.headers['content-type'],
          body,
          method: request.method,
        }),
      )
    const params = { hostId: 'h1', imageId: 'sha256:a/b' }
    const tag = '/api/hosts/:hostId/images/:imageId/tag'
    expect(await api.post(tag, { params, body: { reference: 'ä' } })).toEqual({
      url: '/base/api/hosts/h1/images/sha256%3Aa%2Fb/tag',
      type: 'application/json',
      body: '{"reference":"ä"}',
      method: 'POST',
    })
    const query = { force: true, noprune: undefined, reference: null }
    expect(await api.delete('/api/hosts/:hostId/images/:imageId', { params, query })).toMatchObject({
      url: '/base/api/hosts/h1/images/sha256%3Aa%2Fb?force=true',
      method: 'DELETE',
      body: '',
    })
  })

  it('gives the address of a route, a list as its name repeated', () => {
    const query = { reference: ['a b', 'c'], format: 'oci' as const }
    const address = apiUrl('GET /api/hosts/:hostId/images/archive', { params: { hostId: 'h1' }, query })
    expect(address).toMatch(/\/base\/api\/hosts\/h1\/images\/archive\?reference=a\+b&reference=c&format=oci$/)
  })

  it('is checked against the routes of the server', async () => {
    answer = (_, response) => response.end('[]')
    const hosts: Host[] = await api.get('/api/hosts')
    expect(hosts).toEqual([])
    // Each line below is an error of the compiler, or this file is one.
    const wrong = () => [
      // @ts-expect-error no such route
      api.get('/api/nothing'),
      // @ts-expect-error no route with this method
      api.put('/api/hosts'),
      // @ts-expect-error its answer is no text
      api.get('/api/hosts') satisfies Promise<string>,
      // @ts-expect-error it says of which host
      api.get('/api/hosts/:hostId'),
      // @ts-expect-error a parameter by another name
      api.get('/api/hosts/:hostId', { params: { id: 'h1' } }),
      // @ts-expect-error it takes a body
      api.post('/api/session'),
      // @ts-expect-error a field is missing
      api.post('/api/session', { body: { email: 'a@b.c' } }),
      // @ts-expect-error it takes no body
      api.post('/api/hosts/:hostId/pause', { params: { hostId: 'h1' }, body: { now: true } }),
      // @ts-expect-error no such field
      api.get('/api/audit', { query: { colour: 'red' } }),
      // @ts-expect-error it answers no lines
      api.read('/api/hosts'),
      // @ts-expect-error an address of nothing
      apiUrl('GET /api/nothing'),
    ]
    expect(wrong).toBeTypeOf('function')
  })

  it('takes an answer without content', async () => {
    answer = (_, response) => response.writeHead(204).end()
    expect(await api.delete('/api/session')).toBeUndefined()
  })

  it('throws what the server said, with its fields', async () => {
    refuse(400, { code: 'invalid_input', message: 'No.', fields: [{ path: 'name', message: 'too short' }] })
    const failure = await failureOf(api.post('/api/hosts', { body: host }))
    expect(failure).toBeInstanceOf(ApiFailure)
    expect(failure.status).toBe(400)
    expect(failure.error.code).toBe('invalid_input')
    expect(fieldErrors(failure)).toEqual({ name: 'too short' })
    expect(fieldErrors(new Error('other'))).toEqual({})
  })

  it('tells when the session has ended, but not when a password was wrong', async () => {
    const signedOut = vi.fn()
    const forget = onSignedOut(signedOut)
    refuse(401, { code: 'bad_credentials', message: '' })
    await failureOf(api.post('/api/session', { body: { email: 'a@b.c', password: 'x' } }))
    expect(signedOut).not.toHaveBeenCalled()
    refuse(401, { code: 'signed_out', message: '' })
    await failureOf(api.get('/api/session'))
    expect(signedOut).toHaveBeenCalledOnce()
    forget()
    await failureOf(api.get('/api/session'))
    expect(signedOut).toHaveBeenCalledOnce()
  })

  it.each([
    [502, 'server_unreachable'],
    [504, 'server_unreachable'],
    [413, 'proxy_body_limit'],
    [403, 'proxy_refused'],
    [500, 'internal'],
  ])("names a proxy's HTML with status %d %s", async (status, code) => {
    answer = (_, response) => response.writeHead(status).end('<html>Bad gateway</html>')
    expect((await failureOf(api.get('/api/hosts'))).error.code).toBe(code)
  })

  it('names a server that does not answer', async () => {
    answer = (request) => request.socket.destroy()
    expect((await failureOf(api.get('/api/hosts'))).error.code).toBe('server_unreachable')
  })

  it('an abort stays an abort', async () => {
    const stop = new AbortController()
    answer = () => stop.abort()
    const error = await failureOf(api.get('/api/hosts', { signal: stop.signal }))
    expect(error.name).toBe('AbortError')
  })

  it('reads lines as they come, however they are cut, and ends the request when the reader leaves', async () => {
    const closed = vi.fn()
    answer = (_, response) => {
      response.on('close', closed)
      response.write('{"step":1}\n{"st')
      setTimeout(() => response.write('ep":"ü'), 20)
      setTimeout(() => response.write('"}\n\n{"step":3}\n'), 40)
    }
    const seen: unknown[] = []
    for await (const line of api.lines('/api/hosts/test', { body: host })) {
      seen.push(line)
      if (seen.length === 3) break
    }
    expect(seen).toEqual([{ step: 1 }, { step: 'ü' }, { step: 3 }])
    await vi.waitUntil(() => closed.mock.calls.length === 1, { timeout: 30_000 })
  })

  it('reads a last line without its end', async () => {
    answer = (_, response) => response.end('{"step":1}\n{"step":2}')
    const seen: unknown[] = []
    for await (const line of api.lines('/api/hosts/test', { body: host })) seen.push(line)
    expect(seen).toEqual([{ step: 1 }, { step: 2 }])
  })
})
