import { type ClientHttp2Session, connect } from 'node:http2'
import { type AddressInfo, createConnection, createServer } from 'node:net'
import type { Duplex } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ContextFile, type ContextFiles, comparePaths } from './file-sync.ts'
import { serveGrpc } from './grpc-server.ts'
import { bytesOf, numberOf, writeMessage } from './protobuf.ts'
import { accountsOf, methodsOf } from './session.ts'

const entry = (path: string, type: ContextFile['type'] = 'file', size = 0): ContextFile => ({
  path,
  type,
  size,
  mode: 0o755,
  mtime: 1,
  linkTarget: '',
})
const content = Buffer.alloc(300_000, 'x')
const files: ContextFiles = {
  entries: [entry('a', 'directory'), entry('a/big', 'file', content.length), entry('a/key'), entry('b')],
  async *read({ path }) {
    if (path === 'a/big') yield content
  },
}
const accounts = accountsOf(
  Buffer.from(
    JSON.stringify({
      'https://index.docker.io/v1/': { username: 'hub', password: 'one' },
      'registry.lab:5000': { username: 'me', password: 'two' },
    }),
  ).toString('base64'),
)
const secrets = new Map([['tok', Buffer.from([0, 255, 10])]])
const server = createServer()
let client: ClientHttp2Session
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const accepted = new Promise<Duplex>((resolve) => server.once('connection', resolve))
  const socket = createConnection(port, '127.0.0.1')
  serveGrpc(await accepted, methodsOf({ accounts, secrets, files }))
  client = connect('http://engine', { createConnection: () => socket })
})
afterAll(() => {
  client.destroy()
  server.close()
})

const frame = (message: Buffer) => {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(message.length, 1)
  return Buffer.concat([head, message])
}
/** Sends these bytes; gives the messages of the answer and its status. */
function call(path: string, body: Buffer, headers: Record<string, string | string[]> = {}) {
  return new Promise<{ status: string; messages: Buffer[] }>((resolve, reject) => {
    const stream = client.request({ ':method': 'POST', ':path': path, ...headers })
    const chunks: Buffer[] = []
    let status = ''
    stream.on('response', (head) => (status = String(head['grpc-status'] ?? '')))
    stream.on('trailers', (trailers) => (status = String(trailers['grpc-status'])))
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('error', reject)
    stream.on('close', () => {
      const messages: Buffer[] = []
      for (let rest = Buffer.concat(chunks); rest.length > 0; ) {
        const length = rest.readUInt32BE(1)
        messages.push(rest.subarray(5, 5 + length))
        rest = rest.subarray(5 + length)
      }
      resolve({ status, messages })
    })
    stream.end(body)
  })
}
const ask = (path: string, name: string) => call(path, frame(writeMessage([[1, name]])))

it('gives accounts of just the registries that it has, Docker Hub by its other name', async () => {
  const given = async (host: string) => {
    const { messages, status } = await ask('/moby.filesync.v1.Auth/Credentials', host)
    const [message = Buffer.alloc(0)] = messages
    return [status, bytesOf(message, 1).toString(), bytesOf(message, 2).toString()]
  }
  expect(await given('registry-1.docker.io')).toEqual(['0', 'hub', 'one'])
  expect(await given('registry.lab:5000')).toEqual(['0', 'me', 'two'])
  for (const host of ['other.lab', 'registry.lab', '__proto__', ''])
    expect(await given(host)).toEqual(['0', '', ''])
})

it('gives a secret by its name, says which it has not, and is well', async () => {
  const path = '/moby.buildkit.secrets.v1.Secrets/GetSecret'
  const { messages, status } = await ask(path, 'tok')
  expect([status, bytesOf(messages[0] as Buffer, 1)]).toEqual(['0', Buffer.from([0, 255, 10])])
  expect(await ask(path, 'other')).toEqual({ status: '5', messages: [] })
  const health = await call('/grpc.health.v1.Health/Check', frame(Buffer.alloc(0)))
  expect([health.status, numberOf(health.messages[0] as Buffer, 1)]).toEqual(['0', 1n])
})

it.each<[string, string, Buffer, string]>([
  ['a method that is none', '/moby.filesync.v1.FileSend/DiffCopy', frame(Buffer.alloc(0)), '12'],
  ['no message', '/grpc.health.v1.Health/Check', Buffer.alloc(0), '3'],
  ['half a head', '/grpc.health.v1.Health/Check', Buffer.from([0, 0]), '3'],
  ['half a message', '/grpc.health.v1.Health/Check', Buffer.from([0, 0, 0, 0, 9, 1]), '3'],
  ['a message of gigabytes', '/grpc.health.v1.Health/Check', Buffer.from([0, 255, 255, 255, 255]), '8'],
  ['a compressed one', '/grpc.health.v1.Health/Check', Buffer.from([1, 0, 0, 0, 0]), '12'],
  ['no protobuf', '/moby.filesync.v1.Auth/Credentials', frame(Buffer.from('0affffff', 'hex')), '3'],
  [
    'a file that is none',
    '/moby.filesync.v1.FileSync/DiffCopy',
    frame(
      writeMessage([
        [1, 1],
        [3, 99],
      ]),
    ),
    '3',
  ],
  [
    'a folder as a file',
    '/moby.filesync.v1.FileSync/DiffCopy',
    frame(
      writeMessage([
        [1, 1],
        [3, 0],
      ]),
    ),
    '3',
  ],
])('refuses %s, and goes on', async (_name, path, body, status) => {
  expect((await call(path, body)).status).toBe(status)
  expect((await ask('/moby.filesync.v1.Auth/Credentials', 'x')).status).toBe('0')
})

describe('files', () => {
  const end = frame(writeMessage([[1, 3]]))
  const sync = async (headers: Record<string, string | string[]>, requests: number[] = []) => {
    const asked = requests.map((id) =>
      frame(
        writeMessage([
          [1, 1],
          [3, id],
        ]),
      ),
    )
    const path = '/moby.filesync.v1.FileSync/DiffCopy'
    const { messages, status } = await call(path, Buffer.concat([...asked, end]), headers)
    expect(status).toBe('0')
    const stats = messages.slice(
      0,
      messages.findIndex(({ length }) => length === 0),
    )
    const paths = stats.map((message) => bytesOf(bytesOf(message, 2), 1).toString())
    return { paths, messages }
  }

  it('all, without what is left out, or only what is asked for, with the folders above', async () => {
    expect((await sync({})).paths).toEqual(['a', 'a/big', 'a/key', 'b'])
    expect((await sync({ 'exclude-patterns': 'a/key' })).paths).toEqual(['a', 'a/big', 'b'])
    expect((await sync({ 'exclude-patterns': ['a', '!a/key'] })).paths).toEqual(['a', 'a/key', 'b'])
    expect((await sync({ followpaths: ['b', 'none'] })).paths).toEqual(['b'])
    expect((await sync({ followpaths: 'a/*' })).paths).toHaveLength(4)
    const escaped = { 'exclude-patterns': 'a%2Fk%65y', 'exclude-patterns-encoded': '1' }
    expect((await sync(escaped)).paths).toEqual(['a', 'a/big', 'b'])
  })

  it('the content of what is asked for, in pieces, each once', async () => {
    const { messages } = await sync({}, [1, 2])
    const data = messages.filter((message) => numberOf(message, 1) === 2n)
    const of = (id: bigint) => data.filter((message) => numberOf(message, 3) === id)
    expect(Buffer.concat(of(1n).map((message) => bytesOf(message, 4))).equals(content)).toBe(true)
    expect(Math.max(...of(1n).map(({ length }) => length))).toBeLessThan(70_000)
    expect(of(2n)).toHaveLength(1)
    expect(numberOf(messages.at(-1) as Buffer, 1)).toBe(3n)
  })

  it('in an order where a folder is followed by what lies in it', () => {
    const paths = ['a.b', 'a', 'a/z', 'a/b', 'a-b', 'ü', 'z']
    expect(paths.sort(comparePaths)).toEqual(['a', 'a/b', 'a/z', 'a-b', 'a.b', 'z', 'ü'])
  })
})
