import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

export interface Recorded {
  line: string
  headers: Record<string, string | string[] | undefined>
  body: string
}

/** An engine that says yes to everything and keeps what it was asked, for what must and must not reach one. */
export async function startRecordingEngine(flavour: 'docker' | 'podman' = 'docker') {
  const recorded: Recorded[] = []
  const sockets = new Set<Socket>()
  /** Answers that are still open, by path. */
  const open = new Set<string>()
  /** Paths that it answers as an engine does of what it has not. */
  const missing = new Set<string>()
  /** Streams that end, by path. */
  const streams: Record<string, string> = {}
  /** What happens in place of an answer, by path, with the bare connection and a body unread. */
  const scripts: Record<string, (request: IncomingMessage) => void> = {}
  const answers: Record<string, unknown> = {
    '/version': {
      Version: '28.0.0',
      ApiVersion: '1.48',
      MinAPIVersion: '1.24',
      Os: 'linux',
      Arch: 'amd64',
      ...(flavour === 'podman' ? { Components: [{ Name: 'Podman Engine', Version: '5.4.2' }] } : {}),
    },
    '/containers/json': [],
    '/images/json': [],
    '/networks': [],
    '/volumes': {
      Volumes: [{ Name: 'nas', Mountpoint: '/v', Options: { o: 'username=u,password=canary' } }],
    },
    '/volumes/nas': { Name: 'nas', Mountpoint: '/v', Options: { o: 'password=canary' } },
    '/volumes/data': { Name: 'data', Driver: 'local', Options: null },
    '/volumes/used': { Name: 'used', Driver: 'local', Options: null },
    '/volumes/etc': { Name: 'etc', Driver: 'local', Options: { o: 'bind', device: '/etc', type: 'none' } },
    // Podman finds a volume by the beginning of its name.
    '/volumes/dat': { Name: 'data', Driver: 'local', Options: null },
    '/networks/backend': { Id: '1'.repeat(64), Name: 'backend', Driver: 'bridge' },
    [`/networks/${'2'.repeat(64)}`]: { Id: '2'.repeat(64), Name: 'host', Driver: 'host' },
    '/containers/safe/json': { Id: 'a'.repeat(64), HostConfig: { NetworkMode: 'bridge' }, Mounts: [] },
    '/containers/evil/json': { Id: 'b'.repeat(64), HostConfig: { Privileged: true } },
    [`/containers/${'b'.repeat(64)}/json`]: { Id: 'b'.repeat(64), HostConfig: { Privileged: true } },
    [`/containers/${'a'.repeat(64)}/json`]: { Id: 'a'.repeat(64), HostConfig: { NetworkMode: 'bridge' } },
    '/containers/mounted/json': {
      Id: 'c'.repeat(64),
      HostConfig: {},
      Mounts: [{ Type: 'volume', Name: 'etc', Destination: '/x' }],
    },
    '/exec/eeee/json': { ContainerID: 'b'.repeat(64), ProcessConfig: { privileged: false } },
    '/exec/ffff/json': { ContainerID: 'a'.repeat(64), ProcessConfig: { privileged: true } },
    '/exec/aaaa/json': { ContainerID: 'a'.repeat(64), ProcessConfig: { privileged: false } },
    '/containers/secret/json': { Config: { Env: ['PASSWORD=canary'] }, HostConfig: { Big: 0 } },
    '/containers/secret/top': { Titles: ['CMD'], Processes: [['app --password canary']] },
    '/images/secret/json': { Config: { Env: ['PASSWORD=canary'] } },
    '/images/secret/history': [{ CreatedBy: '/bin/sh -c #(nop)  ENV PASSWORD=canary' }],
  }
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    const { headers } = request
    const path = (request.url ?? '').replace(/\?.*/, '').replace(/^\/v[\d.]+/, '')
    if (scripts[path]) return scripts[path](request)
    try {
      for await (const chunk of request) chunks.push(chunk)
    } catch {
      recorded.push({ line: `${request.method} ${request.url} cut`, headers, body: '' })
      return
    }
    recorded.push({
      line: `${request.method} ${request.url}`,
      headers,
      body: Buffer.concat(chunks).toString(),
    })
    response.setHeader('api-version', '1.48').setHeader('builder-version', '2').setHeader('set-cookie', 'a=b')
    if (path === '/events' && request.url?.includes('since=1')) {
      // Cut in the middle of a line, as a network does it.
      const line =
        '{"Type":"container","Action":"exec_create: app --password canary","timeNano":1700000000000000123}\n'
      response.write(line + line.slice(0, 50), () => setTimeout(() => response.end(line.slice(50)), 10))
      return
    }
    if (missing.has(path)) {
      response.writeHead(404, { 'content-type': 'application/json' }).end('{"message":"No such container"}')
      return
    }
    const stream = request.url?.includes('until=') ? streams[path] : undefined
    if (stream !== undefined) {
      response.setHeader('content-type', 'application/json').end(stream)
      return
    }
    if (path === '/events' || path.endsWith('/wait') || path.endsWith('/logs')) {
      response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders()
      open.add(path)
      response.on('close', () => open.delete(path))
      return
    }
    if (path === '/containers/json' && request.url?.includes('used')) {
      // Whose volume it is.
      response.setHeader('content-type', 'application/json').end(`[{"Id":"${'b'.repeat(64)}"}]`)
      return
    }
    if (path === '/containers/surplus/json') {
      // A second answer that nobody asked for, for whoever comes next on this connection.
      const canned = (body: string) => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`
      request.socket.write(canned('{"Id":"asked"}') + canned('{"Id":"surplus"}'))
      return
    }
    if (path === '/images/broken/get') {
      response.write('half of it', () => response.destroy())
      return
    }
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answers[path] ?? {}))
  })
  server.on('upgrade', (request, socket, head) => {
    recorded.push({ line: `${request.method} ${request.url}`, headers: request.headers, body: '' })
    socket.on('error', () => {})
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      socket.write('HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\n')
      socket.write(`Connection: Upgrade\r\nUpgrade: ${request.headers.upgrade}\r\n\r\nbody ${body}\n`)
      if (head.length > 0) socket.write(head)
      // An echo that says when its input ended, and ends only then.
      socket.on('data', (chunk: Buffer) => socket.write(chunk))
      socket.on('end', () => socket.end('\neof'))
      open.add('upgraded')
      socket.on('close', () => open.delete('upgraded'))
    })
    request.resume()
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    recorded,
    open,
    scripts,
    answers,
    missing,
    streams,
    port: (server.address() as AddressInfo).port,
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
