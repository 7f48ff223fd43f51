import { createHash, randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { MadeToken } from '#lib/contracts/account.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import { rolePermissions } from '#lib/permissions.ts'
import { type AppUnderTest, startApp } from '../testing/app-under-test.ts'
import { startRecordingEngine } from '../testing/recording-engine.ts'

let test: AppUnderTest
let engine: Awaited<ReturnType<typeof startRecordingEngine>>
let hostId: string
let made: MadeToken
const clients = new Set<Socket>()

const newToken = async () =>
  (
    await test.call('POST', '/api/account/tokens', {
      name: 'cli',
      hours: 1,
      permissions: rolePermissions.administrator.filter((name) => name !== 'users.edit'),
    })
  ).json as MadeToken

beforeAll(async () => {
  engine = await startRecordingEngine()
  test = await startApp()
  await test.setUp()
  const transport = { kind: 'tcp', host: '127.0.0.1', port: engine.port }
  hostId = ((await test.call('POST', '/api/hosts', { name: 'web', transport })).json as Host).id
  const state = async () => ((await test.call('GET', '/api/hosts')).json as Host[])[0]?.state
  await vi.waitFor(async () => expect(await state()).toBe('online'), { timeout: 30_000 })
  made = await newToken()
})
afterAll(async () => {
  await test?.close()
  engine?.close()
})
afterEach(() => {
  for (const client of clients) client.destroy()
  clients.clear()
})

const archive = '/containers/zz/archive'
const saved = '/images/zz/get'
/** The head of a request, its last empty line and all. */
const head = (line: string, more: string[] = [], version = '1.1') =>
  [
    `${line.replace(' /', ` /h/${hostId}/v1.30/`)} HTTP/${version}`,
    'Host: localhost',
    `Authorization: Bearer ${made.token}`,
    ...more,
    '',
    '',
  ].join('\r\n')

/** A client of bare bytes. */
function open() {
  const socket = connect(Number(new URL(test.origin).port), 'localhost')
  socket.on('error', () => {})
  clients.add(socket)
  const got = { text: '', over: false }
  socket.on('data', (chunk) => {
    got.text += chunk.toString('latin1')
  })
  socket.on('close', () => {
    got.over = true
  })
  return { socket, got, body: () => got.text.slice(got.text.indexOf('\r\n\r\n') + 4) }
}
const script = (path: string, act: (request: IncomingMessage) => void) => {
  engine.scripts[path] = act
}
const says = (path: string, text: string, end = true) =>
  script(path, ({ socket }) => void (end ? socket.end(text, 'latin1') : socket.write(text, 'latin1')))
const chunked = 'HTTP/1.1 200 OK\r\nContent-Type: application/x-tar\r\nTransfer-Encoding: chunked\r\n\r\n'
const download = (version?: string) => {
  const client = open()
  client.socket.write(head(`GET ${saved}`, ['Connection: close'], version))
  return client
}

describe('a tar from the engine', () => {
  it('comes in the chunks that it was sent in, without what follows the last', async () => {
    const body = '3\r\ntar\r\n0A\r\n of chunks\r\n0\r\n\r\n'
    says(saved, `HTTP/1.1 100 Continue\r\n\r\n${chunked}${body}HTTP/1.1 200 OK\r\n\r\nsmuggled`, false)
    const client = download()
    await expect.poll(() => client.got.over).toBe(true)
    expect(client.got.text).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(client.got.text).toContain('nosniff')
    expect(client.body()).toBe(body)
  })

  it.each([
    ['in chunks', `${chunked}3\r\ntar\r\n3\r\nred\r\n0\r\n\r\nsurplus`],
    ['of a length', 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\ntarredsurplus'],
    ['that ends with its connection', 'HTTP/1.1 200 OK\r\n\r\ntarred'],
  ])('%s comes without them to a client of HTTP/1.0', async (_how, text) => {
    says(saved, text)
    const client = download('1.0')
    await expect.poll(() => client.got.over).toBe(true)
    expect(client.body()).toBe('tarred')
    expect(client.got.text).not.toMatch(/chunked/i)
  })

  it('leaves the connection to the client good for more', async () => {
    const client = open()
    for (const text of [`${chunked}1\r\na\r\n0\r\n\r\n`, 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nb']) {
      says(saved, text)
      const seen = client.got.text.length
      client.socket.write(head(`GET ${saved}`))
      await expect.poll(() => client.got.text.slice(seen)).toMatch(/\r\n\r\n(1\r\na\r\n0\r\n\r\n|b)$/)
    }
    // Two at once: the second waits for its turn.
    const seen = client.got.text.length
    client.socket.write(head(`GET ${saved}`) + head(`GET ${saved}`))
    await expect.poll(() => client.got.text.slice(seen).match(/\r\n\r\nb/g)?.length).toBe(2)
  })

  it('that an engine refuses is its own words', async () => {
    says(
      saved,
      'HTTP/1.1 404 No\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{"message":"a"}',
    )
    const client = download()
    await expect.poll(() => client.got.over).toBe(true)
    expect(client.got.text).toMatch(/^HTTP\/1\.1 404 /)
    expect(client.body()).toBe('{"message":"a"}')
  })

  it.each([
    ['no HTTP', 'SSH-2.0-OpenSSH\r\n\r\n'],
    [
      'two framings',
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n',
    ],
    ['a line feed in a header', 'HTTP/1.1 200 OK\r\nContent-Type: a\nSet-Cookie: b\r\n\r\n'],
    ['a head without end', `HTTP/1.1 200 OK\r\n${'A: b\r\n'.repeat(4000)}`],
    ['half a head', 'HTTP/1.1 200 OK\r\nContent-'],
    ['nothing', ''],
    ['another protocol', 'HTTP/1.1 101 Switching\r\nUpgrade: tcp\r\n\r\n'],
    ['a redirect', 'HTTP/1.1 301 Moved\r\nLocation: /v1.30/info\r\nContent-Length: 0\r\n\r\n'],
  ])('whose answer is %s is a 502', async (_what, text) => {
    says(saved, text)
    const client = download()
    await expect.poll(() => client.got.over).toBe(true)
    expect(client.got.text).toMatch(/^HTTP\/1\.1 502 /)
    expect(JSON.parse(client.body())).toEqual({ message: expect.any(String) })
    expect(client.got.text).not.toContain('b\r\n')
  })

  it.each([
    ['an extension', `${chunked}1\r\na\r\n1;b=c\r\nd\r\n0\r\n\r\n`],
    ['a trailer', `${chunked}1\r\na\r\n0\r\nSet-Cookie: b\r\n\r\n`],
    ['a size that lies', `${chunked}1\r\na\r\n1\r\nab\r\n0\r\n\r\n`],
    ['no last chunk', `${chunked}1\r\na\r\n`],
    ['half a chunk', `${chunked}1\r\na\r\n5\r\nab`],
    ['fewer bytes than its length', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab'],
  ])('with %s is cut, and does not look whole', async (_what, text) => {
    // What is good of it comes first.
    const good = text.indexOf('\r\n\r\n') + 4
    script(saved, ({ socket }) => {
      socket.write(text.slice(0, good))
      setTimeout(() => socket.end(text.slice(good)), 30)
    })
    const client = download()
    await expect.poll(() => client.got.over).toBe(true)
    expect(client.got.text).toMatch(/^HTTP\/1\.1 200 /)
    expect(client.body()).not.toMatch(/0\r\n\r\n$|Cookie|b=c/)
  })

  it('waits for a slow client, which gets every byte of it', async () => {
    const data = randomBytes(40_000_000)
    let written: Socket | undefined
    script(saved, ({ socket }) => {
      written = socket
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${data.length}\r\n\r\n`)
      socket.write(data)
    })
    const client = open()
    client.socket
      .removeAllListeners('data')
      .pause()
      .write(head(`GET ${saved}`, ['Connection: close']))
    await expect.poll(() => written !== undefined).toBe(true)
    await new Promise((resolve) => setTimeout(resolve, 500))
    // Buffers of the kernel on both ways, and a piece of ours.
    expect(written?.writableLength).toBeGreaterThan(20_000_000)
    const hash = createHash('sha256')
    let length = 0
    for await (const chunk of client.socket) {
      const at = length === 0 ? chunk.indexOf('\r\n\r\n') + 4 : 0
      hash.update(chunk.subarray(at))
      length += chunk.length - at
    }
    expect(length).toBe(data.length)
    expect(hash.digest('hex')).toBe(createHash('sha256').update(data).digest('hex'))
  })

  it.each([
    ['the client goes', 'connection_reset', async (client: Socket) => void client.destroy()],
    [
      'the token is revoked',
      'gateway_token',
      async () => {
        await test.call('DELETE', `/api/account/tokens/${made.id}`)
        made = await newToken()
      },
    ],
  ])('ends at both ends when %s, and the audit log says %s', async (_what, code, act) => {
    let isOver = false
    script(saved, ({ socket }) => {
      socket.on('close', () => {
        isOver = true
      })
      socket.write(`${chunked}1\r\na\r\n`)
    })
    const client = download()
    await expect.poll(() => client.body()).toBe('1\r\na\r\n')
    await act(client.socket)
    await expect.poll(() => isOver && client.got.over).toBe(true)
    expect(client.body()).toBe('1\r\na\r\n')
    const last = async () =>
      ((await test.call('GET', '/api/audit')).json as { items: Record<string, unknown>[] }).items.find(
        ({ action }) => action === 'images.save',
      )
    await expect.poll(last).toMatchObject({ result: { errorCode: code } })
  })
})

describe('a tar to the engine', () => {
  /** What the engine heard of the next upload, as bytes of its connection. */
  const hears = (answer = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK') => {
    const heard = Promise.withResolvers<{ headers: IncomingMessage['headers']; body: Buffer }>()
    script(archive, async (request) => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk)
      request.socket.write(answer)
      heard.resolve({ headers: request.headers, body: Buffer.concat(chunks) })
    })
    return heard.promise
  }
  const put = (more: string[]) => head(`PUT ${archive}?path=/`, ['Connection: close', ...more])

  it.each([
    ['of a length', ['Content-Length: 6'], 'tarred'],
    [
      'in chunks with extensions and trailers',
      ['Transfer-Encoding: chunked'],
      '3;a=b\r\ntar\r\n3\r\nred\r\n0\r\nX-Registry-Auth: e30=\r\n\r\n',
    ],
  ])('%s goes on in chunks of ours', async (_how, headers, body) => {
    const heard = hears()
    const client = open()
    client.socket.write(put([...headers, 'Content-Type: a/b', 'Cookie: c=d']) + body)
    expect(await heard).toEqual({
      headers: {
        host: 'engine',
        connection: 'close',
        'content-type': 'application/x-tar',
        'transfer-encoding': 'chunked',
      },
      body: Buffer.from('tarred'),
    })
    await expect.poll(() => client.body()).toBe('OK')
  })

  it('whose length is told twice or in two ways reaches no engine', async () => {
    let isHeard = false
    script(archive, () => {
      isHeard = true
    })
    for (const headers of [
      ['Content-Length: 3', 'Content-Length: 4'],
      ['Content-Length: 3', 'Transfer-Encoding: chunked'],
      ['Transfer-Encoding: gzip'],
      ['Content-Length: -1'],
    ]) {
      const client = open()
      client.socket.write(`${put(headers)}0\r\n\r\n`)
      await expect.poll(() => client.got.over).toBe(true)
      expect(client.got.text).toMatch(/^HTTP\/1\.1 400 /)
    }
    expect(isHeard).toBe(false)
  })

  it('arrives whole at an engine that is slow, and is not gathered meanwhile', async () => {
    const data = randomBytes(40_000_000)
    const go = Promise.withResolvers<void>()
    const hash = createHash('sha256')
    script(archive, async (request) => {
      await go.promise
      for await (const chunk of request) hash.update(chunk)
      request.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
    })
    const client = open()
    client.socket.write(put([`Content-Length: ${data.length}`]))
    client.socket.write(data)
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(client.socket.writableLength).toBeGreaterThan(20_000_000)
    go.resolve()
    await expect.poll(() => client.got.text).toMatch(/^HTTP\/1\.1 200 /)
    expect(hash.digest('hex')).toBe(createHash('sha256').update(data).digest('hex'))
  })

  it('may be answered piece by piece while it goes on', async () => {
    script(archive, async (request) => {
      request.socket.write(chunked)
      for await (const chunk of request) request.socket.write(`${chunk.length}\r\n${chunk}\r\n`)
      request.socket.write('0\r\n\r\n')
    })
    const client = open()
    client.socket.write(put(['Content-Length: 6']))
    await expect.poll(() => client.got.text).toMatch(/^HTTP\/1\.1 200 /)
    client.socket.write('one')
    await expect.poll(() => client.body()).toBe('3\r\none\r\n')
    client.socket.write('two')
    await expect.poll(() => client.body()).toBe('3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n')
  })

  it.each([
    ['stays open', false],
    ['is closed at once', true],
  ])(
    'may be refused in the middle, and the client goes on with the next, when the engine’s connection %s',
    async (_how, end) => {
      const refusal = '{"message":"full"}'
      says(
        archive,
        `HTTP/1.1 507 Full\r\nContent-Type: application/json\r\nContent-Length: ${refusal.length}\r\n\r\n${refusal}`,
        end,
      )
      const client = open()
      client.socket.write(head(`PUT ${archive}?path=/`, ['Content-Length: 20000000']))
      client.socket.write(Buffer.alloc(1000))
      await expect.poll(() => client.body()).toBe(refusal)
      client.socket.write(Buffer.alloc(20_000_000 - 1000))
      const heard = hears()
      const seen = client.got.text.length
      client.socket.write(`${head(`PUT ${archive}?path=/`, ['Content-Length: 1'])}x`)
      expect((await heard).body.toString()).toBe('x')
      await expect.poll(() => client.got.text.slice(seen)).toMatch(/\r\n\r\nOK$/)
    },
  )

  it('that breaks off does so at the engine', async () => {
    const cut = Promise.withResolvers<void>()
    script(archive, (request) => void request.on('error', () => cut.resolve()).resume())
    const client = open()
    client.socket.write(`${put(['Content-Length: 6'])}tar`, () => client.socket.end())
    await cut.promise
  })
})
