import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex, Writable } from 'node:stream'
import type { Audit, Operation, Source } from '../audit/service.ts'
import type { Access } from '../auth/access.ts'
import type { Identity } from '../auth/identity.ts'
import type { Authorize } from '../auth/types.ts'
import { AppError } from '../errors.ts'
import type { HostRegistry } from '../hosts/types.ts'
import { toAppError } from '../http/error-response.ts'
import type { Guard } from '../http/guard.ts'
import type { FleetState } from '../live/types.ts'
import type { Log } from '../log.ts'
import type { Policy } from '../policy/index.ts'
import { errorAnswer } from './answer.ts'
import { tarReads } from './bulk.ts'
import { type Prepared, prepare } from './prepare.ts'
import { proxy } from './proxy.ts'
import type { GatewayEndpoint } from './table.ts'
import { answerHead, upgrade } from './upgrade.ts'

export interface Gateway {
  /** Whether a path below the base path is the gateway's. */
  claims(path: string): boolean
  /** Whether a path is the gateway's also outside of the base path. */
  claimsAnywhere(path: string): boolean
  /** @param target the request target below the base path, as it came. */
  handle(request: IncomingMessage, response: ServerResponse, target: string): Promise<void>
  /** As `handle`, for a request that asks for a raw stream. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, target: string): Promise<void>
  /** Ends every connection. */
  close(): void
}

/** A request or stream that goes on. */
interface Open {
  headers: Headers
  end(): void
  /** Throws when its sender may no longer do it. Absent until it is decided about. */
  recheck?(): void
}

/** Milliseconds between two looks for tokens that ran out under a running stream. */
const checkEveryMs = 15_000
/** The docker command's BuildKit leaves the host's path away. */
const buildKit = /^\/(?:v[\d.]+\/)?(?:session|grpc)$/
/** What some clients need between them and us, for `curl` to fetch: no secret, and no host's address, as nothing follows. */
const forwarderPath = '/h/docker-forward.mjs'
const forwarder = readFileSync(new URL('docker-forward.mjs', import.meta.url))
/** These only wait, or follow the size of a window. */
const isRecorded = ({ method, path, permission }: GatewayEndpoint) =>
  method === 'GET' ? tarReads.has(permission) : method !== 'HEAD' && !/\/(wait|resize)$/.test(path)

/**
 * The engine API of every host at /h/<host>/, for docker, compose and the libraries. Its only credential is an API
 * token: a cookie would let a foreign page in.
 */
export function createGateway(parts: {
  guard: Guard
  identity: Identity
  authorize: Authorize
  access: Access
  audit: Audit
  registry: HostRegistry
  fleet: FleetState
  policy: Policy
  log: Log
}): Gateway {
  const { guard, identity, access, audit, registry } = parts
  const log = parts.log.child({ part: 'gateway' })
  const open = new Set<Open>()
  const check = async () => {
    for (const entry of open) if (!(await identity.principal(entry.headers))) entry.end()
  }
  const timer = setInterval(() => {
    check().catch((error) => log.warn({ err: error }, 'tokens could not be checked'))
  }, checkEveryMs)
  timer.unref()
  const unsubscribe = access.onChanged(() => {
    for (const entry of open) {
      try {
        entry.recheck?.()
      } catch {
        entry.end()
      }
    }
  })

  /** Who asks, told by `end` when their token ends. Throws gateway_token, wrong_host, wrong_origin. */
  const admit = async (request: IncomingMessage, from: Source, end: () => void) => {
    // Past a proxy that cannot close half a stream, clients come by a port of their own.
    guard.checkHost(request, true)
    guard.checkOrigin(request, false)
    const { authorization } = request.headers
    if (authorization === undefined) throw new AppError('gateway_token')
    const headers = new Headers({ authorization })
    const admitted = await identity.admit(headers, end)
    if (!admitted?.principal.token) {
      admitted?.release()
      throw new AppError('gateway_token')
    }
    const entry: Open = { headers, end }
    open.add(entry)
    const release = () => {
      open.delete(entry)
      admitted.release()
    }
    return { principal: { ...admitted.principal, from }, entry, release }
  }
  /**
   * Admits, decides, and does it, between intent and outcome in the audit log. Throws with nothing written to the
   * client, or after what had begun was cut.
   */
  const serve = async (
    request: IncomingMessage,
    client: Writable,
    target: string,
    gone: AbortController,
    end: () => void,
    act: (prepared: Prepared) => Promise<number>,
  ) => {
    const forwarded = request.headers['x-forwarded-for']
    const address = guard.address(request.socket.remoteAddress, forwarded)
    const from = { address, requestId: crypto.randomUUID() }
    const summary = `${request.method} ${target.split('?', 1)[0]}`
    let hostId: string | undefined
    let operation: Operation | undefined
    try {
      const { principal, entry, release } = await admit(request, from, end)
      client.once('close', release)
      if (client.destroyed) release()
      const prepared = await prepare(principal, request, target, parts, gone.signal)
      hostId = prepared.hostId
      entry.recheck = prepared.recheck
      const objectId = prepared.objectId ?? undefined
      const { raw, policy } = prepared.endpoint
      const action = raw || (policy && !prepared.maker) ? 'gateway.raw' : prepared.endpoint.permission
      if (isRecorded(prepared.endpoint))
        operation = await audit.begin(principal, {
          action,
          hostId,
          objectId,
          summary: `engine API: ${summary}`,
        })
      // The log may have kept it waiting; the rights may be over since.
      if (gone.signal.aborted) throw gone.signal.reason
      const status = await act(prepared)
      await operation?.end(status < 400 ? {} : { code: 'engine_error' })
    } catch (error) {
      // A stream that was ended may throw of that, and not why.
      const isEnded = gone.signal.aborted && !(error instanceof AppError)
      const known = toAppError(isEnded ? gone.signal.reason : error)
      await operation?.end({ error: known })
      if (known.code === 'gateway_token' && hostId === undefined)
        await audit.refused(from, { action: 'request.refused', summary }, known)
      if (known.code === 'internal') log.error({ err: error, id: from.requestId }, 'request failed')
      // An engine whose connection broke is looked at now instead of at the next ping.
      if (hostId !== undefined && !gone.signal.aborted && known.status >= 502) registry.suspect(hostId)
      throw known
    }
  }

  return {
    claims: (path) => path === '/h' || /^\/h[/?]/.test(path) || buildKit.test(path),
    claimsAnywhere: (path) => buildKit.test(path),
    async handle(request, response, target) {
      if (request.method === 'GET' && target === forwarderPath) {
        const headers = { 'content-type': 'text/javascript', 'x-content-type-options': 'nosniff' }
        response.writeHead(200, headers).end(forwarder)
        return
      }
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
      try {
        await serve(request, response, target, gone, end, (prepared) =>
          proxy(prepared, request, response, gone.signal),
        )
      } catch (error) {
        if (response.headersSent || response.destroyed) {
          response.destroy()
          return
        }
        const { status, headers, body } = errorAnswer(error)
        request.resume()
        // A body that is still coming is not waited for.
        response.writeHead(status, { ...headers, connection: 'close' })
        response.end(request.method === 'HEAD' ? '' : body)
      }
    },
    async upgrade(request, client, head, target) {
      const gone = new AbortController()
      // Without a listener an upgraded socket that resets would end the process.
      client.on('error', () => {})
      client.once('close', () => gone.abort(new AppError('connection_reset')))
      const end = () => gone.abort(new AppError('gateway_token'))
      try {
        await serve(request, client, target, gone, end, (prepared) =>
          upgrade(prepared, request, client, head, gone.signal),
        )
      } catch (error) {
        const { status, headers, body } = errorAnswer(error)
        client.end(answerHead(status, 'Refused', headers) + body, () => client.destroy())
      }
    },
    close() {
      clearInterval(timer)
      unsubscribe()
      for (const entry of open) entry.end()
    },
  }
}
