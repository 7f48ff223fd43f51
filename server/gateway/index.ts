import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Identity } from '../auth/identity.ts'
import type { Authorize, Principal } from '../auth/types.ts'
import { AppError } from '../errors.ts'
import type { HostRegistry } from '../hosts/types.ts'
import type { Guard } from '../http/guard.ts'
import type { Log } from '../log.ts'
import { errorAnswer } from './answer.ts'
import { prepare } from './prepare.ts'
import { proxy } from './proxy.ts'

export interface Gateway {
  /** Whether a path below the base path is the gateway's. */
  claims(path: string): boolean
  /** @param target the request target below the base path, as it came. */
  handle(request: IncomingMessage, response: ServerResponse, target: string): Promise<void>
  /** Ends every connection. */
  close(): void
}

/** Milliseconds between two looks for tokens that ran out under a running stream. */
const checkEveryMs = 15_000

/**
 * The engine API of every host at /h/<host>/, for docker, compose and the libraries. Its only credential is an API
 * token: a cookie would let a foreign page in.
 */
export function createGateway(parts: {
  guard: Guard
  identity: Identity
  authorize: Authorize
  registry: HostRegistry
  log: Log
}): Gateway {
  const { guard, identity, registry } = parts
  const log = parts.log.child({ part: 'gateway' })
  const open = new Set<{ headers: Headers; end(): void }>()
  const check = async () => {
    for (const entry of open) if (!(await identity.principal(entry.headers))) entry.end()
  }
  const timer = setInterval(() => {
    check().catch((error) => log.warn({ err: error }, 'tokens could not be checked'))
  }, checkEveryMs)
  timer.unref()

  /** Who asks, told by `end` when their token ends. Throws gateway_token, wrong_host, wrong_origin. */
  const admit = async (request: IncomingMessage, end: () => void) => {
    guard.checkHost(request)
    guard.checkOrigin(request, false)
    const { authorization } = request.headers
    if (authorization === undefined) throw new AppError('gateway_token')
    const headers = new Headers({ authorization })
    const admitted = await identity.admit(headers, end)
    if (!admitted?.principal.token) {
      admitted?.release()
      throw new AppError('gateway_token')
    }
    const entry = { headers, end }
    open.add(entry)
    const release = () => {
      open.delete(entry)
      admitted.release()
    }
    return { principal: admitted.principal, release }
  }
  const note = (principal: Principal, request: IncomingMessage, hostId: string, path: string) => {
    if (request.method === 'GET' || request.method === 'HEAD') return
    log.info(
      { user: principal.userId, token: principal.sessionId, hostId, method: request.method, path },
      'call',
    )
  }

  return {
    claims: (path) => path === '/h' || /^\/h[/?]/.test(path),
    async handle(request, response, target) {
      const gone = new AbortController()
      const end = () => {
        gone.abort(new AppError('gateway_token'))
        // What is half sent must not look whole.
        if (response.headersSent) response.destroy()
      }
      response.once('close', () => {
        if (!response.writableFinished) gone.abort(new AppError('connection_reset'))
      })
      response.on('error', () => {})
      let hostId: string | undefined
      try {
        const { principal, release } = await admit(request, end)
        response.once('close', release)
        if (response.destroyed) release()
        const prepared = prepare(principal, request, target, parts)
        hostId = prepared.hostId
        note(principal, request, hostId, prepared.request.path)
        await proxy(prepared, request, response, gone.signal)
      } catch (error) {
        if (hostId !== undefined && !gone.signal.aborted) registry.suspect(hostId)
        if (response.headersSent || response.destroyed) {
          response.destroy()
          return
        }
        const { status, headers, body } = errorAnswer(error)
        if (status === 500) log.error({ err: error, target: target.slice(0, 200) }, 'request failed')
        request.resume()
        // A body that is still coming is not waited for.
        response
          .writeHead(status, { ...headers, connection: 'close' })
          .end(request.method === 'HEAD' ? '' : body)
      }
    },
    close() {
      clearInterval(timer)
      for (const entry of open) entry.end()
    },
  }
}
