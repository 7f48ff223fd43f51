import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { makeCertificates, type TlsFiles } from '#e2e/lab/certificates.ts'
import { askPing } from '../testing/ask-ping.ts'
import { openTransport } from './index.ts'
import type { Transport, TransportSpec } from './types.ts'

const folder = mkdtempSync(join(tmpdir(), 'tls-test-'))
const read = (path: string) => readFileSync(path, 'utf8')
let files: TlsFiles
let server: Server
let transport: Transport | undefined
const sockets = new Set<Socket>()

beforeAll(async () => {
  files = await makeCertificates(folder, '127.0.0.1')
  makeExpired()
})
afterEach(async () => {
  await transport?.close()
  for (const socket of sockets) socket.destroy()
  sockets.clear()
  await new Promise((resolve) => server.close(resolve))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** `openssl req` signs nothing that ended in the past; `openssl ca` does. */
function makeExpired(): void {
  const at = (name: string) => join(folder, name)
  writeFileSync(
    at('ca.cnf'),
    '[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n',
  )
  writeFileSync(at('index.txt'), '')
  writeFileSync(at('serial'), '01\n')
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' })
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  openssl('req', ...ec, '-keyout', 'old.key', '-out', 'old.csr', '-subj', '/CN=127.0.0.1')
  const dates = ['-startdate', '20200101000000Z', '-enddate', '20200102000000Z']
  openssl(
    'ca',
    '-batch',
    '-config',
    'ca.cnf',
    '-selfsign',
    '-keyfile',
    'old.key',
    '-in',
    'old.csr',
    ...dates,
    '-notext',
    '-out',
    'old.crt',
  )
}

async function listen(candidate: Server): Promise<number> {
  server = candidate
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

/** Answers any request with an engine's ping, over TLS; tells which protocol was agreed on. */
function engineOverTls(options: TlsOptions, onSecure: (socket: TLSSocket) => void = () => {}): Server {
  const tls = createTlsServer(options, (socket) => {
    onSecure(socket)
    socket.on('error', () => {})
    socket.on('data', () =>
      socket.write('HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nContent-Length: 2\r\n\r\nOK'),
    )
  })
  tls.on('tlsClientError', () => {})
  return tls
}

const serverSide = (): TlsOptions => ({ cert: read(files.serverCert), key: read(files.serverKey) })
const clientSide = () => ({ ca: read(files.ca), cert: read(files.clientCert), key: read(files.clientKey) })

function ping(port: number, more: Partial<Extract<TransportSpec, { kind: 'tls' }>> = {}): Promise<string> {
  transport = openTransport({ kind: 'tls', host: '127.0.0.1', port, ...more })
  return askPing(transport)
}

describe('TLS', () => {
  it('speaks http/1.1 to a server of our CA, though the server would rather speak h2', async () => {
    let agreed: unknown
    const port = await listen(
      engineOverTls({ ...serverSide(), ALPNProtocols: ['h2', 'http/1.1'] }, (socket) => {
        agreed = socket.alpnProtocol
      }),
    )
    expect(await ping(port, { ca: read(files.ca) })).toBe('OK')
    expect(agreed).toBe('http/1.1')
  })

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'shows its certificate to a server that asks for one, %s',
    async (version) => {
      const mutual = { ...serverSide(), ca: read(files.ca), requestCert: true, maxVersion: version }
      const port = await listen(engineOverTls(mutual))
      expect(await ping(port, clientSide())).toBe('OK')
    },
  )

  it('opens a key with its passphrase', async () => {
    const locked = join(folder, 'locked.pem')
    execFileSync('openssl', [
      'pkcs8',
      '-topk8',
      '-in',
      files.clientKey,
      '-out',
      locked,
      '-passout',
      'pass:sesame',
    ])
    const port = await listen(engineOverTls({ ...serverSide(), ca: read(files.ca), requestCert: true }))
    expect(await ping(port, { ...clientSide(), key: read(locked), passphrase: 'sesame' })).toBe('OK')
  })

  // Under TLS 1.3 the handshake is over for us before the server has judged: the refusal comes with the first read.
  // OpenSSL's own server, since Node's closes without the alert that Go's and OpenSSL's send.
  it.each(['-tls1_2', '-tls1_3'])('tells that the client was refused, %s', async (version) => {
    const port = await listen(createTcpServer())
    await new Promise((resolve) => server.close(resolve))
    const material = ['-cert', files.serverCert, '-key', files.serverKey, '-CAfile', files.ca]
    const child = spawn('openssl', [
      's_server',
      '-accept',
      `127.0.0.1:${port}`,
      ...material,
      '-Verify',
      '1',
      '-verify_return_error',
      version,
      '-quiet',
    ])
    try {
      await expect
        .poll(() => ping(port, { ca: read(files.ca) }).catch((error) => error.code))
        .toBe('tls_client_refused')
    } finally {
      child.kill()
    }
  })

  it('tells that the authority is not trusted', async () => {
    const port = await listen(engineOverTls(serverSide()))
    await expect(ping(port)).rejects.toMatchObject({ code: 'tls_untrusted', context: { params: { port } } })
  })

  it('tells that the name is another, and takes the one to expect', async () => {
    const port = await listen(engineOverTls(serverSide()))
    await expect(ping(port, { ca: read(files.ca), servername: 'engine.example' })).rejects.toMatchObject({
      code: 'tls_name_mismatch',
      context: { params: { host: 'engine.example' } },
    })
  })

  it('tells that the certificate has expired', async () => {
    const cert = read(join(folder, 'old.crt'))
    const port = await listen(engineOverTls({ cert, key: read(join(folder, 'old.key')) }))
    await expect(ping(port, { ca: cert })).rejects.toMatchObject({ code: 'tls_expired' })
  })

  it('tells that HTTP is spoken where TLS was expected', async () => {
    const port = await listen(createServer((_request, response) => response.end('OK')))
    await expect(ping(port, { ca: read(files.ca) })).rejects.toMatchObject({ code: 'tls_not_spoken' })
  })

  it('gives up on a handshake that never ends', async () => {
    const port = await listen(createTcpServer(() => {}))
    await expect(ping(port, { ca: read(files.ca) })).rejects.toMatchObject({ code: 'host_unresponsive' })
  })

  it('tells that the server closed during the handshake', async () => {
    const port = await listen(createTcpServer((socket) => socket.end()))
    await expect(ping(port, { ca: read(files.ca) })).rejects.toMatchObject({ code: 'connection_reset' })
  })
})
