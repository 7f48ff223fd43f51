import { request as ask, createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/**
 * A hop before a real engine's socket that keeps the line of every request, in the order in which they came.
 * @param kept lines that the engine does not hear: they are answered with an empty object.
 */
export async function startRecordingProxy(socketPath: string, kept: RegExp) {
  const recorded: string[] = []
  const sockets = new Set<Duplex>()
  const keep = (socket: Duplex) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  }
  const lineOf = ({ method, url }: IncomingMessage) => `${method} ${url}`
  const server = createServer((request, response) => {
    const line = lineOf(request)
    recorded.push(line)
    if (kept.test(line)) {
      request.resume()
      response.setHeader('content-type', 'application/json').end('{}')
      return
    }
    const { method, url, headers } = request
    const engine = ask({ socketPath, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers).flushHeaders()
      answer.pipe(response)
      answer.on('error', () => response.destroy())
    })
    engine.on('error', () => response.destroy())
    response.on('close', () => engine.destroy())
    request.pipe(engine)
  })
  server.on('upgrade', (request, client, head) => {
    recorded.push(lineOf(request))
    const engine = connect({ path: socketPath, allowHalfOpen: true })
    keep(engine)
    const fields = request.rawHeaders.map((text, index) => text + (index % 2 === 0 ? ': ' : '\r\n'))
    engine.write(`${lineOf(request)} HTTP/1.1\r\n${fields.join('')}\r\n`, 'latin1')
    for (const [end, other] of [
      [client, engine],
      [engine, client],
    ] as const)
      end.on('close', () => other.destroy())
    request.on('data', (chunk) => engine.write(chunk))
    request.on('end', () => {
      engine.write(head)
      client.pipe(engine).pipe(client)
    })
    request.resume()
  })
  server.on('connection', (socket: Socket) => keep(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    recorded,
    port: (server.address() as AddressInfo).port,
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
