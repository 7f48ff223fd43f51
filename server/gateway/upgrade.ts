import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { AppError } from '../errors.ts'
import { answerHeaders } from './answer.ts'
import { readJson } from './body.ts'
import type { AuthorizedRequest } from './prepare.ts'
import { restrictBody } from './restrict-body.ts'
import { isUnasked } from './typed-streams.ts'
import { refusalSeen } from './visible.ts'

/** What a BuildKit client offers to the engine, a line for each method. No engine reads another. */
const sessionHeader = /^x-docker-expose-session-[a-z-]{1,40}$/
/** Of WebSocket's handshake (RFC 6455, section 4.1), but for extensions: Docker has none. */
const webSocketHeaders = ['sec-websocket-key', 'sec-websocket-version', 'sec-websocket-protocol']
const rawStream = 'application/vnd.docker.raw-stream'
/** Milliseconds for a client to close its half after the engine has closed both of its own. */
const lingerMs = 5000
/** Milliseconds between TCP's own questions to a client that is silent; shells are, for hours. */
const keepAliveMs = 30_000

/**
 * Turns a prepared exec start, attach or BuildKit session into a raw stream between client and engine. Either end may close its half:
 * end of input for the process, whose output still comes. Resolves with the engine's status when all is over; throws
 * while nothing has been written to the client.
 */
export async function upgrade(
  asked: AuthorizedRequest,
  request: IncomingMessage,
  client: Duplex,
  head: Buffer,
  signal: AbortSignal,
): Promise<number> {
  const { endpoint, engine, request: prepared } = asked
  const protocol = endpoint.hijack
  if (!protocol || request.headers.upgrade?.toLowerCase() !== protocol)
    throw new AppError('gateway_no_stream')
  // Node hands the announced body to the request and what follows it to `client`.
  const json = endpoint.body === 'json' ? await readJson(request, asked.creator !== null) : null
  const { path, query, body } = await restrictBody(asked, json, signal)
  // No body where none is asked for: Podman gives that of an attach to the container as its input.
  const type: Record<string, string> = body === null ? {} : { 'content-type': 'application/json' }
  const offered = Object.entries(request.headersDistinct).filter(([name]) => sessionHeader.test(name))
  const named = Object.entries(request.headersDistinct).filter(([name]) => webSocketHeaders.includes(name))
  const headers = {
    ...prepared.headers,
    ...type,
    ...(protocol === 'websocket' ? (Object.fromEntries(named) as Record<string, string[]>) : {}),
    ...(protocol === 'h2c' ? (Object.fromEntries(offered) as Record<string, string[]>) : {}),
  }
  const found = await engine.forwardUpgrade({ ...prepared, path, query, headers, body, signal, protocol })
  if (found.kind === 'answer') {
    const { seen } = asked
    const words =
      found.status >= 400 && seen ? Buffer.from(refusalSeen(found.body.toString(), seen)) : found.body
    const lines = { ...answerHeaders(found.headers), 'content-length': String(words.length) }
    client.end(Buffer.concat([Buffer.from(answerHead(found.status, lines)), words]))
    return found.status
  }
  const { socket: upstream } = found
  const kind = found.headers['content-type']
  const typeOf: Record<string, string> =
    protocol === 'tcp' ? { 'content-type': typeof kind === 'string' ? kind : rawStream } : {}
  if (isUnasked(client)) client.write(answerHead(200, typeOf))
  else
    client.write(
      answerHead(101, {
        ...typeOf,
        ...(protocol === 'websocket' ? webSocketAnswer(found.headers) : {}),
        connection: 'Upgrade',
        upgrade: protocol,
      }),
    )
  request.socket.setKeepAlive(true, keepAliveMs)
  if (head.length > 0) upstream.write(head)
  await join(client, upstream, signal)
  return 101
}

const webSocketAnswer = (headers: Record<string, string | string[] | undefined>): Record<string, string> =>
  Object.fromEntries(
    ['sec-websocket-accept', 'sec-websocket-protocol'].flatMap((name) => {
      const value = headers[name]
      return typeof value === 'string' ? [[name, value]] : []
    }),
  )

/** Pipes both ways until both are over. What breaks on one side is cut on the other. */
function join(client: Duplex, upstream: Duplex, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const cut = () => {
      client.destroy()
      upstream.destroy()
    }
    signal.addEventListener('abort', cut)
    if (signal.aborted) cut()
    client.on('error', cut)
    // What the engine has said before it broke off still goes to its reader.
    upstream.on('error', () => (client.writableLength > 0 ? client.end(cut) : cut()))
    client.once('close', () => {
      signal.removeEventListener('abort', cut)
      upstream.destroy()
      resolve()
    })
    upstream.once('close', () => {
      if (!upstream.readableEnded) return client.writableLength > 0 ? void client.end(cut) : cut()
      // Its last words may still be on their way to a slow reader.
      const over = () => setTimeout(() => client.destroy(), lingerMs).unref()
      if (client.writableFinished) over()
      else client.once('finish', over)
    })
    client.pipe(upstream)
    upstream.pipe(client)
  })
}

/**
 * The head of an answer on a bare socket, which is closed after a refusal but does not say so: told of it, the docker
 * command takes any answer for a stream (`ErrPersistEOF` in its hijack). Header values are those that an engine's parser
 * has let through.
 */
export function answerHead(status: number, headers: Record<string, string | string[]>): string {
  const reason = status === 101 ? 'UPGRADED' : (STATUS_CODES[status] ?? '')
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  return [`HTTP/1.1 ${status} ${reason}`, ...lines, '', ''].join('\r\n')
}
