import { request as ask, createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'

/** What a front does with an answer of the engine behind it. */
export type Fault =
  /** Bytes that are no HTTP, or a body that is no JSON. */
  | 'garbage'
  | 'noJson'
  | 'status500'
  /** An error's document under a 200, as some proxies answer. */
  | 'errorBody'
  /** Ends the connection within the body. */
  | 'cut'
  /** Says another length than the body has. */
  | 'wrongLength'
  /** A byte a second; interim answers without an end. */
  | 'slow'
  | 'endless1xx'
  /** A list without an end. */
  | 'huge'
  /** As a proxy that gathers an answer: nothing comes before its end, not even its head; or its head alone. */
  | 'gathered'
  | 'headAlone'
  /** Whole, and over at once. */
  | 'empty'
  /** Another document. */
  | { json: unknown }

export interface FaultyFront {
  readonly port: number
  /** Paths that were asked for, without version and query. */
  readonly asked: string[]
  /** By path without version and query, such as `/containers/json`; the first that matches. */
  faults: [RegExp, Fault][]
  /** The same, where the query tells one from the other; asked first. */
  faultOf(url: string): Fault | undefined
  close(): void
}

/** An HTTP front before an engine that passes what it is asked, but for the answers that are to fail. */
export async function startFaultyFront(engine: { port: number }): Promise<FaultyFront> {
  const sockets = new Set<Socket>()
  const pass = (near: IncomingMessage, answer: ServerResponse) => {
    const { method, url, headers } = near
    const far = ask({ port: engine.port, method, path: url, headers }, (found) => {
      answer.writeHead(found.statusCode ?? 502, found.headers).flushHeaders()
      found.pipe(answer)
      found.on('error', () => answer.destroy())
    })
    far.on('error', () => answer.destroy())
    answer.on('close', () => far.destroy())
    near.pipe(far)
  }
  const server = createServer((request, response) => {
    const path = (request.url ?? '').replace(/\?.*/, '').replace(/^\/v[\d.]+/, '')
    front.asked.push(path)
    const fault =
      front.faultOf(request.url ?? '') ?? front.faults.find(([pattern]) => pattern.test(path))?.[1]
    if (fault) spoil(fault, request, response)
    else pass(request, response)
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const front: FaultyFront = {
    port: (server.address() as AddressInfo).port,
    asked: [],
    faults: [],
    faultOf: () => undefined,
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
  return front
}

function spoil(fault: Fault, request: IncomingMessage, response: ServerResponse): void {
  const { socket } = request
  const json = (status: number, body: unknown) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  const every = (milliseconds: number, act: () => void) => {
    const timer = setInterval(act, milliseconds)
    socket.once('close', () => clearInterval(timer))
  }
  if (typeof fault === 'object') return void json(200, fault.json)
  switch (fault) {
    case 'garbage':
      return void socket.end('220 mail.example ESMTP\r\n')
    case 'noJson':
      return void response.end('<html>It works!</html>')
    case 'status500':
      return void json(500, { message: 'layer store: input/output error' })
    case 'errorBody':
      return void json(200, { message: 'upstream is restarting' })
    case 'cut':
      return void socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n[{"Id":')
    case 'wrongLength':
      return void socket.end('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n[{"Id":"abc"}]')
    case 'slow':
      response.writeHead(200)
      return every(20, () => response.write(' '))
    case 'endless1xx':
      return every(20, () => socket.write('HTTP/1.1 102 Processing\r\n\r\n'))
    case 'huge': {
      response.writeHead(200)
      const piece = Buffer.alloc(1024 * 1024, ' ')
      const more = () => {
        while (!response.destroyed && response.write(piece));
      }
      response.on('drain', more)
      return more()
    }
    case 'gathered':
      return
    case 'headAlone':
      return void response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders()
    case 'empty':
      return void response.writeHead(200).end()
  }
}
