import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { closeCodes } from '#lib/close-codes.ts'
import type { Access } from '../access/access.ts'
import type { Audit } from '../audit/service.ts'
import { AppError } from '../errors.ts'
import type { Identity } from '../identity/identity.ts'
import type { Log } from '../log.ts'
import type { Authorize, Principal } from '../principal/principal.ts'
import type { Concurrency } from './concurrency.ts'
import { Channel, type SocketDefinition } from './define-socket.ts'
import { errorBody, toAppError } from './error-response.ts'
import type { Guard } from './guard.ts'
import { headersOf } from './headers.ts'

export interface SocketDispatcher {
  handle(request: IncomingMessage, socket: Duplex, head: Buffer, path: string): Promise<void>
  /** Closes every socket with 1001. */
  close(): void
  readonly definitions: readonly SocketDefinition[]
}

/** Frames from a browser are small: commands and keystrokes. */
const maximumFrameBytes = 64 * 1024
const pingEveryMs = 15_000
/** Milliseconds for a client to answer the close frame, before its connection is cut. `ClientSocket` answers pings, within its bounds. */
const farewell = { closeTimeout: 2000, autoPong: false }

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
    access: Pick<Access, 'previewOf' | 'onChanged'>
    audit: Audit
    concurrency: Pick<Concurrency, 'socket'>
    log: Log
  },
): SocketDispatcher {
  const { guard, identity, authorize, access, audit, concurrency, log } = parts
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: maximumFrameBytes,
    ...farewell,
    // A snapshot of thousands of containers shrinks tenfold; small frames are not worth the work.
    perMessageDeflate: { threshold: 16 * 1024, serverNoContextTakeover: true, clientNoContextTakeover: true },
  })
  const open = new Set<Entry>()
  const check = async () => {
    // A session that ran out says nothing by itself: its sockets are found here.
    const valid = await identity.current([...new Set([...open].map(({ sessionId }) => sessionId))])
    for (const entry of open) {
      const { client, socket } = entry
      if (!valid.has(entry.sessionId)) client.end()
      else if (!entry.answered) socket.terminate()
      else {
        client.closeWhenStuck()
        client.catchUp()
        entry.answered = false
        if (client.isOpen) socket.ping()
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
        let client: Channel | undefined
        const admitted = await identity.admit(headersOf(request), (ended) => {
          if (client) client.end(ended)
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
        const query = definition.query?.parse(
          Object.fromEntries(new URLSearchParams(request.url?.split('?')[1])),
        )
        socket.once('close', concurrency.socket(who))
        server.handleUpgrade(request, socket, head, (upgraded) => {
          const made = new Channel(upgraded, log, { principal: who, query, access })
          client = made
          const entry: Entry = { socket: upgraded, client: made, sessionId: who.sessionId, answered: true }
          open.add(entry)
          upgraded.on('pong', () => (entry.answered = true))
          upgraded.on('close', () => open.delete(entry))
          upgraded.on('error', (error) => log.debug({ err: error }, 'socket'))
          try {
            definition.open(made)
          } catch (error) {
            made.fail(error)
          }
        })
      } catch (error) {
        const known = toAppError(error)
        refuse(socket, known)
        const summary = `socket ${path.slice(0, 200)}`
        if (!principal) await audit.refused(from, { action: 'request.refused', summary }, known)
        else if (known.code === 'denied') await audit.denied(principal, { summary }, known)
      }
    },
    close() {
      clearInterval(timer)
      for (const { client } of open) client.close(closeCodes.shuttingDown, 'shutting down')
      server.close()
    },
  }
}

interface Entry {
  socket: WebSocket
  client: Channel
  sessionId: string
  answered: boolean
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
