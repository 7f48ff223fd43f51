import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

export interface SmallEngine {
  readonly port: number
  /** Paths asked for, in order. */
  readonly asked: string[]
  /** What it does with the next requests. 'hang' accepts and never answers, 'cut' closes one connection. */
  behaviour: 'answer' | 'hang' | 'cut' | 'garbage' | 'readOnly'
  version: string
  /** Refuses connections until `listen` is called again. */
  close(): Promise<void>
  listen(): Promise<void>
}

const answers = (engine: SmallEngine): Record<string, unknown> => ({
  '/version': {
    Version: engine.version,
    ApiVersion: '1.41',
    MinAPIVersion: '1.12',
    Os: 'linux',
    Arch: 'amd64',
  },
  '/v1.41/info': {
    Name: 'small',
    NCPU: 2,
    MemTotal: 1024,
    Driver: 'overlay2',
    SecurityOptions: ['name=rootless'],
  },
  '/v1.41/containers/json?all=true': [],
  '/v1.41/images/json': [],
})

/** An engine on a port of its own that shows faults a real one cannot be made to show. Answers as Docker 20.10 does. */
export async function startSmallEngine(): Promise<SmallEngine> {
  let port = 0
  const sockets = new Set<Socket>()
  const server = createServer((request, response) => {
    engine.asked.push(`${request.method} ${request.url}`)
    if (engine.behaviour === 'hang') return
    if (engine.behaviour === 'garbage') {
      request.socket.end('220 mail.example ESMTP\r\n')
      return
    }
    if (engine.behaviour === 'cut') {
      engine.behaviour = 'answer'
      request.socket.destroy()
      return
    }
    answer(request.method ?? '', request.url ?? '', response)
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  const answer = (method: string, url: string, response: ServerResponse) => {
    response.setHeader('api-version', '1.41')
    if (url === '/_ping') return response.end('OK')
    if (method !== 'GET') {
      const status = engine.behaviour === 'readOnly' ? 403 : 404
      const message = status === 404 ? 'No such container: 000000000000' : 'read only'
      return response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(JSON.stringify({ message }))
    }
    const body = answers(engine)[url]
    if (!body) return response.writeHead(404).end(JSON.stringify({ message: 'page not found' }))
    return response.setHeader('content-type', 'application/json').end(JSON.stringify(body))
  }
  const engine: SmallEngine = {
    get port() {
      return port
    },
    asked: [],
    behaviour: 'answer',
    version: '20.10.24',
    listen: () =>
      new Promise((resolve, reject) => {
        server.once('error', reject)
        server.listen(port, '127.0.0.1', () => {
          port = (server.address() as AddressInfo).port
          resolve()
        })
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
  await engine.listen()
  return engine
}
