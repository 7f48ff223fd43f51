import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { liveCloseCodes } from '#lib/live-protocol.ts'
import type { Permission } from '#lib/permissions.ts'
import type { Audit } from '../audit/service.ts'
import type { Access } from '../auth/access.ts'
import type { Ended } from '../auth/admissions.ts'
import type { Identity } from '../auth/identity.ts'
import type { Authorize, Principal } from '../auth/types.ts'
import { AppError } from '../errors.ts'
import { errorBody, toAppError } from '../http/error-response.ts'
import type { Guard } from '../http/guard.ts'
import type { Log } from '../log.ts'

/** A WebSocket endpoint. Like a route, it does not exist without its permission. */
export interface SocketDefinition {
  path: `/api/${string}`
  access: Permission
  /** It only shows: an administrator who looks as somebody else may have it. */
  inPreview?: true
  open(socket: WebSocket, principal: Principal, query: URLSearchParams): void
}

export interface SocketDispatcher {
  handle(request: IncomingMessage, socket: Duplex, head: Buffer, path: string): Promise<void>
  /** Closes every socket with 1001. */
  close(): void
  readonly definitions: readonly SocketDefinition[]
}

/** Frames from a browser are small: commands and keystrokes. */
const maximumFrameBytes = 64 * 1024
const pingEveryMs = 15_000

/**
 * The only way to a WebSocket: host and origin, session, permission, then the upgrade. A session that ends closes its
 * sockets at once; a peer that does not answer a ping is cut.
 */
export function createSocketDispatcher(
  definitions: readonly SocketDefinition[],
  parts: {
    guard: Guard
    identity: Identity
    authorize: Authorize
    access: Pick<Access, 'previewOf'>
    audit: Audit
    log: Log
  },
): SocketDispatcher {
  const { guard, identity, authorize, access, audit, log } = parts
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: maximumFrameBytes,
    // A snapshot of thousands of containers shrinks tenfold; small frames are not worth the work.
    perMessageDeflate: { threshold: 16 * 1024, serverNoContextTakeover: true, clientNoContextTakeover: true },
  })
  const open = new Map<WebSocket, { sessionId: string; answered: boolean }>()
  const check = async () => {
    // A session that ran out says nothing by itself: its sockets are found here.
    const valid = await identity.current([...new Set([...open.values()].map((entry) => entry.sessionId))])
    for (const [socket, entry] of open) {
      if (!valid.has(entry.sessionId)) end(socket)
      else if (!entry.answered) socket.terminate()
      else {
        entry.answered = false
        socket.ping()
      }
    }
  }
  const timer = setInterval(() => {
    check().catch((error) => log.warn({ err: error }, 'sockets could not be checked'))
  }, pingEveryMs)
  timer.unref()

  return {
    definitions,
    async handle(request, socket, head, path) {
      // Without a listener an upgraded socket that resets would end the process.
      socket.on('error', () => {})
      const address = guard.address(request.socket.remoteAddress, request.headers['x-forwarded-for'])
      const from = { address, requestId: crypto.randomUUID() }
      let principal: Principal | null = null
      try {
        guard.checkHost(request)
        guard.checkOrigin(request, true)
        let webSocket: WebSocket | undefined
        const admitted = await identity.admit(headersOf(request), (ended) => {
          if (webSocket) end(webSocket, ended)
          else socket.destroy()
        })
        if (!admitted) throw new AppError('signed_out')
        const who: Principal = { ...admitted.principal, from }
        principal = who
        socket.once('close', admitted.release)
        if (socket.destroyed) return admitted.release()
        // Sockets end with their session; a token has none.
        if (who.token) throw new AppError('denied', { params: { permission: 'session' } })
        const definition = definitions.find((candidate) => candidate.path === path)
        if (!definition) throw new AppError('not_found')
        authorize(who, definition.access)
        if (!definition.inPreview && access.previewOf(who)) throw new AppError('preview_read_only')
        server.handleUpgrade(request, socket, head, (upgraded) => {
          webSocket = upgraded
          open.set(upgraded, { sessionId: who.sessionId, answered: true })
          upgraded.on('pong', () => {
            const entry = open.get(upgraded)
            if (entry) entry.answered = true
          })
          upgraded.on('close', () => open.delete(upgraded))
          upgraded.on('error', (error) => log.debug({ err: error }, 'socket'))
          definition.open(upgraded, who, new URLSearchParams(request.url?.split('?')[1]))
        })
      } catch (error) {
        const known = toAppError(error)
        const summary = `socket ${path.slice(0, 200)}`
        if (!principal) await audit.refused(from, { action: 'request.refused', summary }, known)
        else if (known.code === 'denied') await audit.denied(principal, { summary }, known)
        refuse(socket, known)
      }
    },
    close() {
      clearInterval(timer)
      for (const socket of open.keys()) socket.close(liveCloseCodes.shuttingDown, 'shutting down')
      server.close()
    },
  }
}

/** Milliseconds for a browser to answer the close frame. */
const farewellMs = 1000

/** Ends a socket with its rights. From here on nothing that it says is heard: a peer may leave the close frame unanswered. */
export function end(socket: WebSocket, ended?: Pick<Ended, 'changed'>): void {
  socket.removeAllListeners('message')
  if (ended?.changed) socket.close(liveCloseCodes.rightsChanged, 'rights changed')
  else socket.close(liveCloseCodes.signedOut, 'signed out')
  const timer = setTimeout(() => socket.terminate(), farewellMs)
  socket.once('close', () => clearTimeout(timer))
}

/** Node's header object as the Headers that the identity library reads. */
export function headersOf(request: Pick<IncomingMessage, 'headers'>): Headers {
  const headers = new Headers()
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined && !name.startsWith(':'))
      headers.set(name, Array.isArray(value) ? value.join(', ') : value)
  }
  return headers
}

function refuse(socket: Duplex, error: AppError): void {
  const body = JSON.stringify(errorBody(error, ''))
  const head = [
    `HTTP/1.1 ${error.status} Refused`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
  ]
  // A peer that keeps its own half open must not keep the socket.
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
}
