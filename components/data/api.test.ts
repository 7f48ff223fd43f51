import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiFailure, api, fieldErrors, onSignedOut } from './api.ts'

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
    expect(
      await api.post(
        '/api/hosts',
        { name: 'ä' },
        { query: { force: true, gone: undefined, empty: null, q: 'a b' } },
      ),
    ).toEqual({
      url: '/base/api/hosts?force=true&q=a+b',
      type: 'application/json',
      body: '{"name":"ä"}',
      method: 'POST',
    })
    expect(await api.delete('/api/hosts/1')).toMatchObject({ method: 'DELETE', body: '' })
  })

  it('takes an answer without content', async () => {
    answer = (_, response) => response.writeHead(204).end()
    expect(await api.delete('/api/session')).toBeUndefined()
  })

  it('throws what the server said, with its fields', async () => {
    refuse(400, { code: 'invalid_input', message: 'No.', fields: [{ path: 'name', message: 'too short' }] })
    const failure = await failureOf(api.post('/api/hosts', {}))
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
    await failureOf(api.post('/api/session', {}))
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
    for await (const line of api.lines<{ step: unknown }>('/api/hosts/test', {})) {
      seen.push(line.step)
      if (line.step === 3) break
    }
    expect(seen).toEqual([1, 'ü', 3])
    await vi.waitUntil(() => closed.mock.calls.length === 1, { timeout: 30_000 })
  })

  it('reads a last line without its end', async () => {
    answer = (_, response) => response.end('{"step":1}\n{"step":2}')
    const seen: unknown[] = []
    for await (const line of api.lines<{ step: number }>('/api/hosts/test', {})) seen.push(line.step)
    expect(seen).toEqual([1, 2])
  })
})
