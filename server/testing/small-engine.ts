import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

interface ListedRow {
  Id: string
  Names?: string[]
  Image?: string
  ImageID?: string
  Labels?: Record<string, string>
  State?: string
}

export interface SmallEngine {
  readonly port: number
  /** Paths asked for, in order. */
  readonly asked: string[]
  /** What it does with the next requests. 'hang' and 'hangChanges' accept and never answer, 'cut' closes one connection. */
  behaviour: 'answer' | 'hang' | 'hangChanges' | 'cut' | 'garbage' | 'readOnly'
  /** Whether it stops what it lists; until then it says that there is no such container. */
  carriesOut: boolean
  version: string
  /** Rows of its list, as Docker's. */
  containers: ListedRow[]
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
  '/v1.41/containers/json?all=true': engine.containers,
  '/v1.41/images/json': [],
  '/v1.41/system/df': { LayersSize: 0, Images: [], Containers: [], Volumes: [], BuildCache: [] },
})

/** The document of a container that it lists, short; undefined for any other path. */
function inspected(engine: SmallEngine, url: string): unknown {
  const id = /^\/v1\.41\/containers\/(\w+)\/json$/.exec(url)?.[1]
  const row = engine.containers.find((each) => each.Id === id)
  if (!id || !row) return undefined
  const at = '2026-01-01T00:00:00Z'
  return {
    Id: id,
    Name: row.Names?.[0],
    Created: at,
    Image: row.ImageID,
    Mounts: [],
    HostConfig: {},
    Config: { Image: row.Image, Labels: row.Labels },
    NetworkSettings: { Networks: {} },
    State: {
      Status: row.State,
      Running: row.State === 'running',
      ExitCode: 0,
      StartedAt: at,
      FinishedAt: at,
    },
  }
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ message }))
}

/** An engine on a port of its own that shows faults a real one cannot be made to show. Answers as Docker 20.10 does. */
export async function startSmallEngine(): Promise<SmallEngine> {
  let port = 0
  const sockets = new Set<Socket>()
  const server = createServer((request, response) => {
    engine.asked.push(`${request.method} ${request.url}`)
    if (engine.behaviour === 'hang') return
    if (engine.behaviour === 'hangChanges' && request.method === 'POST') return
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
      if (engine.behaviour === 'readOnly') return refuse(response, 403, 'read only')
      const stopped = /^\/v1\.41\/containers\/(\w+)\/stop/.exec(url)?.[1]
      if (engine.carriesOut && engine.containers.some(({ Id }) => Id === stopped))
        return response.writeHead(204).end()
      return refuse(response, 404, 'No such container: 000000000000')
    }
    if (url.startsWith('/v1.41/events')) {
      response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders()
      if (url.includes('until=')) response.end()
      return
    }
    const body = answers(engine)[url] ?? inspected(engine, url)
    if (!body) return refuse(response, 404, 'page not found')
    return response.setHeader('content-type', 'application/json').end(JSON.stringify(body))
  }
  const engine: SmallEngine = {
    get port() {
      return port
    },
    asked: [],
    behaviour: 'answer',
    carriesOut: false,
    version: '20.10.24',
    containers: [],
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
