import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { AppError } from '../errors.ts'
import { openTransport } from '../transport/index.ts'
import type { Transport } from '../transport/types.ts'
import { createEngineClient } from './client.ts'
import type { EngineClient } from './types.ts'

/** A peer that does what real engines don't on demand. Real ones are in client.engine.test.ts. */
type Peer = (request: IncomingMessage, response: ServerResponse) => void

const id = 'a'.repeat(64)
const dockerVersion = {
  Version: '28.5.2',
  ApiVersion: '1.51',
  MinAPIVersion: '1.24',
  Os: 'linux',
  Arch: 'amd64',
}
const podmanVersion = {
  ...dockerVersion,
  Version: '5.4.2',
  ApiVersion: '1.41',
  Components: [{ Name: 'Podman Engine', Version: '5.4.2' }],
}
const json = (response: ServerResponse, value: unknown, status = 200) => {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(value))
}

let server: Server
let transport: Transport
let asked: string[]

async function connectTo(peer: Peer, version: object = dockerVersion): Promise<EngineClient> {
  const client = await open((request, response) => {
    if (request.url === '/version') json(response, version)
    else if (request.url?.endsWith('/info')) json(response, {})
    else peer(request, response)
  })
  await client.connect()
  asked = []
  return client
}

async function open(peer: Peer): Promise<EngineClient> {
  asked = []
  server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    peer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  transport = openTransport({ kind: 'tcp', host: '127.0.0.1', port: (server.address() as AddressInfo).port })
  return createEngineClient(transport)
}

afterEach(async () => {
  await transport.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

const failure = (call: Promise<unknown>): Promise<AppError> =>
  call.then(
    () => {
      throw new Error('It should have failed')
    },
    (error) => {
      expect(error).toBeInstanceOf(AppError)
      return error
    },
  )

describe('a peer that hangs', () => {
  const silent: Peer = () => {}
  const bodiless: Peer = (_request, response) => {
    response.writeHead(200, { 'api-version': '1.51', 'content-type': 'application/json' })
    response.write('[')
  }

  it.each([
    ['before its headers', silent],
    ['within its body', bodiless],
  ])('%s does not hang a ping or a list', async (_name, peer) => {
    const client = await connectTo(peer)
    expect((await failure(client.ping({ timeoutMs: 100 }))).code).toBe('host_unresponsive')
    expect((await failure(client.containers.list({ timeoutMs: 100 }))).code).toBe('host_unresponsive')
  })

  it('leaves the outcome of a change unknown, says so, and is not asked again', async () => {
    const client = await connectTo(silent)
    const error = await failure(client.containers.stop(id, { graceSeconds: 1 }, { timeoutMs: 100 }))
    expect(error.code).toBe('host_unresponsive')
    expect(error.context.detail).toMatch(/Outcome unknown/)
    expect(asked).toEqual([`POST /v1.51/containers/${id}/stop?t=1`])
  })

  it('lets a stop take its grace, though it is longer than a list may take', async () => {
    const client = await connectTo((_request, response) =>
      setTimeout(() => response.writeHead(204).end(), 300),
    )
    expect(await client.containers.stop(id, { graceSeconds: 120 })).toBe('done')
  })

  it('can be given up by the caller', async () => {
    const client = await connectTo(silent)
    const stop = new AbortController()
    const list = client.containers.list({ signal: stop.signal })
    stop.abort()
    await expect(list).rejects.toMatchObject({ name: 'AbortError' })
  })

  it('does not hold up its other calls', async () => {
    const client = await connectTo((request, response) => {
      if (request.url === '/_ping') response.end('OK')
    })
    const stop = new AbortController()
    const hung = Array.from({ length: 20 }, () =>
      client.images.list({ signal: stop.signal }).catch(() => null),
    )
    expect(await client.ping()).toBeGreaterThan(0)
    stop.abort()
    await Promise.all(hung)
  })
})

describe('a peer that is cut', () => {
  it('within a list fails the list', async () => {
    const client = await connectTo((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.write('[{"Id":')
      setTimeout(() => response.destroy(), 20)
    })
    expect((await failure(client.containers.list())).code).toBe('connection_reset')
  })

  it('after a change was sent is not asked again', async () => {
    const client = await connectTo((_request, response) => void response.destroy())
    expect((await failure(client.containers.kill(id, 'SIGKILL'))).code).toBe('connection_reset')
    expect(asked).toHaveLength(1)
  })

  it('within the events throws, and a clean end ends', async () => {
    let cut = true
    const client = await connectTo((_request, response) => {
      response.writeHead(200)
      response.write('{"Type":"container","Action":"start","Actor":{"ID":"x"},"time":1}\n')
      setTimeout(() => (cut ? response.destroy() : response.end()), 20)
    })
    const read = async () => {
      const actions: string[] = []
      for await (const event of await client.events({ signal: new AbortController().signal }))
        actions.push(event.action)
      return actions
    }
    expect((await failure(read())).code).toBe('connection_reset')
    cut = false
    expect(await read()).toEqual(['start'])
  })
})

describe('a peer that is no engine', () => {
  it.each<[string, Peer]>([
    ['a web server', (_request, response) => response.end('<html>Welcome to nginx!</html>')],
    ['a web server that knows nothing', (_request, response) => response.writeHead(404).end('Not Found')],
    ['another JSON API', (_request, response) => json(response, { ok: true })],
    ['JSON null', (_request, response) => json(response, null)],
    [
      'an API version that is a path',
      (_request, response) => json(response, { ...dockerVersion, ApiVersion: '1.41/../x' }),
    ],
  ])('%s is told apart', async (_name, peer) => {
    const client = await open(peer)
    expect((await failure(client.connect())).code).toBe('not_an_engine')
    expect(client.info).toBeNull()
    expect((await failure(client.containers.list())).code).toBe('host_connecting')
  })

  it('is not pinged as one', async () => {
    const client = await open((_request, response) => response.end('Welcome'))
    expect((await failure(client.ping())).code).toBe('not_an_engine')
  })

  it('is not followed when it redirects', async () => {
    const client = await connectTo((_request, response) =>
      response.writeHead(301, { location: 'http://169.254.169.254/latest/meta-data' }).end(),
    )
    expect((await failure(client.containers.list())).code).toBe('engine_error')
    expect(asked).toHaveLength(1)
  })

  it('tells that TLS is wanted, as Go words it', async () => {
    const client = await open((_request, response) =>
      response.writeHead(400).end('Client sent an HTTP request to an HTTPS server.\n'),
    )
    expect((await failure(client.connect())).code).toBe('tls_required')
  })
})

describe('a peer that sends what no engine sends', () => {
  it.each<[string, unknown]>([
    ['an object for a list', { containers: [] }],
    ['numbers for rows', [1, 2]],
    ['null for a row', [null]],
    ['a row without state', [{ Id: id, Names: ['/a'], Status: '' }]],
    ['an id that is a path', [{ Id: '../../etc', Names: ['/a'], ImageID: '', State: 'running', Status: '' }]],
    ['a name that is a number', [{ Id: id, Names: [7], ImageID: '', State: 'running', Status: '' }]],
    [
      'ports that are text',
      [{ Id: id, Names: ['/a'], ImageID: '', State: 'running', Status: '', Ports: 'x' }],
    ],
  ])('%s', async (_name, body) => {
    for (const version of [dockerVersion, podmanVersion]) {
      const client = await connectTo((_request, response) => json(response, body), version)
      expect((await failure(client.containers.list())).code).toBe('engine_answer_invalid')
      await transport.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
    await open(() => {})
  })

  it('takes null, which Go makes of an empty list', async () => {
    const client = await connectTo((_request, response) => json(response, null))
    expect(await client.containers.list()).toEqual([])
    expect(await client.images.list()).toEqual([])
  })

  it('stops reading a body that never ends', async () => {
    let sent = 0
    const client = await connectTo((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const chunk = Buffer.alloc(1024 * 1024, 0x20)
      const more = () => {
        while (!response.destroyed && response.write(chunk)) sent += chunk.length
        sent += chunk.length
      }
      response.on('drain', more)
      more()
    })
    expect((await failure(client.containers.list())).code).toBe('engine_answer_invalid')
    expect(sent).toBeLessThan(256 * 1024 * 1024)
  })
})

describe('what is sent', () => {
  it('has only our headers, and ids and references only as path segments', async () => {
    let headers: IncomingMessage['headers'] = {}
    const client = await connectTo((request, response) => {
      headers = request.headers
      json(response, [])
    })
    await client.images.remove('registry.local:5000/team/app:1.2', { force: false, noprune: true })
    await client.images.tag('a b?c#d', { repository: 'x&y', tag: '1' })
    expect(asked).toEqual([
      'DELETE /v1.51/images/registry.local:5000/team/app:1.2?force=false&noprune=true',
      'POST /v1.51/images/a%20b%3Fc%23d/tag?repo=x%26y&tag=1',
    ])
    expect(Object.keys(headers).sort()).toEqual(['connection', 'content-length', 'host'])
  })

  it('reports 304 as already done, and 404 of a removal too', async () => {
    const client = await connectTo((request, response) =>
      request.method === 'DELETE'
        ? json(response, { message: 'No such container' }, 404)
        : response.writeHead(304).end(),
    )
    expect(await client.containers.start(id)).toBe('already')
    expect(await client.containers.stop(id, {})).toBe('already')
    expect(await client.containers.remove(id, { force: true, volumes: true })).toBe('already')
    expect(asked).toEqual([
      `POST /v1.51/containers/${id}/start`,
      // How long it may take is the container's own.
      `GET /v1.51/containers/${id}/json`,
      `POST /v1.51/containers/${id}/stop`,
      `DELETE /v1.51/containers/${id}?force=true&v=true`,
    ])
  })
})

it('tells an engine from another one, and by how much its clock is ahead', async () => {
  const ahead = 600_000
  const client = await open((request, response) => {
    if (request.url === '/version') return json(response, dockerVersion)
    if (request.url?.endsWith('/info')) return json(response, { ID: 'one' })
    response.setHeader('date', new Date(Date.now() + ahead).toUTCString())
    response.end('OK')
  })
  expect([client.identity, client.clockAheadMs]).toEqual([null, null])
  await client.connect()
  await client.ping()
  expect(client.identity).toBe('one')
  expect(Math.abs((client.clockAheadMs ?? 0) - ahead)).toBeLessThan(5000)
})
