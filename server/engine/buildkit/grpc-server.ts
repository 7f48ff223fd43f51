import {
  constants as http2,
  type IncomingHttpHeaders,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2'
import type { Duplex } from 'node:stream'

/** Codes of gRPC that are answered here. */
export const grpcStatus = {
  ok: 0,
  invalidArgument: 3,
  notFound: 5,
  resourceExhausted: 8,
  unimplemented: 12,
} as const

/** What a method answers where it cannot answer with a message. */
export class GrpcError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** One call of the other side. */
export interface GrpcCall {
  /** All values of a header of the call, in their order. */
  header(name: string): string[]
  /** Messages in, until the other side has ended its half. Throws GrpcError for bytes that are none. */
  messages: AsyncIterable<Buffer>
  /** Message out; resolves when there is room for the next. Throws when the call is over. */
  send(message: Buffer): Promise<void>
}

/** By path, '/package.Service/Method'. A method ends its call by returning, or with GrpcError. */
export type GrpcMethods = Readonly<Record<string, (call: GrpcCall) => Promise<void>>>

/** Questions are names of hosts, secrets and files. */
const maximumMessage = 64 * 1024
const frameHead = 5

/**
 * Answers gRPC on a connection that we have opened ourselves, and on which the other side is the client (BuildKit's
 * session works so). Without compression. The connection ends with the session.
 * (gRPC over HTTP/2, "Requests" and "Responses".)
 */
export function serveGrpc(socket: Duplex, methods: GrpcMethods): ServerHttp2Session {
  const session = performServerHandshake(socket)
  // What went wrong on it is told by the build, which needs it.
  session.on('error', () => {})
  session.on('stream', (stream, headers, _flags, raw) => {
    stream.on('error', () => {})
    void answer(stream, headers, raw, methods)
  })
  session.on('close', () => socket.destroy())
  return session
}

/** One message in, one out. */
export function unary(method: (request: Buffer) => Buffer): GrpcMethods[string] {
  return async ({ messages, send }) => {
    for await (const request of messages) return send(method(request))
    throw new GrpcError(grpcStatus.invalidArgument, 'no message')
  }
}

async function answer(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  raw: readonly string[],
  methods: GrpcMethods,
): Promise<void> {
  const path = String(headers[http2.HTTP2_HEADER_PATH])
  let [status, message] = [grpcStatus.ok as number, '']
  // Trailers alone are an answer without a message, so headers are sent with the first one.
  const begin = () =>
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
  stream.on('wantTrailers', () =>
    stream.sendTrailers({ 'grpc-status': String(status), 'grpc-message': encodeURIComponent(message) }),
  )
  let wake = () => {}
  stream.on('drain', () => wake())
  stream.on('close', () => wake())
  try {
    const method = Object.hasOwn(methods, path) ? methods[path] : undefined
    if (!method) throw new GrpcError(grpcStatus.unimplemented, 'unknown method')
    await method({
      header: (name) =>
        raw.flatMap((key, at) => (at % 2 === 0 && key === name ? [raw[at + 1] as string] : [])),
      messages: messagesOf(stream),
      async send(body) {
        if (stream.destroyed) throw new GrpcError(grpcStatus.invalidArgument, 'the call is over')
        if (!stream.headersSent) begin()
        const prefix = Buffer.alloc(frameHead)
        prefix.writeUInt32BE(body.length, 1)
        stream.cork()
        stream.write(prefix)
        const hasRoom = stream.write(body)
        stream.uncork()
        if (hasRoom || stream.destroyed) return
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      },
    })
  } catch (error) {
    ;[status, message] =
      error instanceof GrpcError
        ? [error.status, error.message]
        : [grpcStatus.invalidArgument, error instanceof RangeError ? 'not understood' : 'could not be read']
  }
  if (stream.destroyed) return
  if (!stream.headersSent) begin()
  stream.end()
  // What the other side still sends is nobody's.
  stream.resume()
}

async function* messagesOf(stream: ServerHttp2Stream): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0)
  // Leaving it early would otherwise reset the call before its answer is out.
  for await (const chunk of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    while (rest.length >= frameHead) {
      const length = rest.readUInt32BE(1)
      if (rest[0] !== 0) throw new GrpcError(grpcStatus.unimplemented, 'compressed')
      if (length > maximumMessage) throw new GrpcError(grpcStatus.resourceExhausted, 'a message too large')
      if (rest.length < frameHead + length) break
      yield rest.subarray(frameHead, frameHead + length)
      rest = rest.subarray(frameHead + length)
    }
  }
  if (rest.length > 0) throw new GrpcError(grpcStatus.invalidArgument, 'cut short')
}
