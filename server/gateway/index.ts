import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex, Writable } from 'node:stream'
import type { Access } from '../access/access.ts'
import { withTaken } from '../acts/taken-containers.ts'
import type { Audit, Operation, Source } from '../audit/service.ts'
import type { Policy } from '../create-policy/index.ts'
import type { FolderWatch } from '../db/folder-watch.ts'
import { AppError } from '../errors.ts'
import type { FleetState } from '../fleet/fleet.ts'
import type { HostRegistry } from '../fleet/host-registry.ts'
import type { Identity } from '../identity/identity.ts'
import type { Log } from '../log.ts'
import type { Authorize, Credential, Principal } from '../principal/principal.ts'
import type { Concurrency } from '../web/concurrency.ts'
import { toAppError } from '../web/error-response.ts'
import type { Guard } from '../web/guard.ts'
import { leaveBody } from '../web/upload-body.ts'
import { errorAnswer } from './answer.ts'
import { tarReads } from './bulk.ts'
import { type AuthorizedRequest, prepare } from './prepare.ts'
import { proxy } from './proxy.ts'
import type { GatewayEndpoint } from './table.ts'
import { answerHead, upgrade } from './upgrade.ts'

export interface Gateway {
  /** Whether a path below the base path is the gateway's. */
  claims(path: string): boolean
  /** Whether a path is the gateway's also outside of the base path. */
  claimsAnywhere(path: string): boolean
  /**
   * @param target the request target below the base path, as it came.
   * @param admission default: of our own address, where a token alone counts
   */
  handle(
    request: IncomingMessage,
    response: ServerResponse,
    target: string,
    admission?: Admission,
  ): Promise<void>
  /** As `handle`, for a request that asks for a raw stream. */
  upgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    target: string,
    admission?: Admission,
  ): Promise<void>
  /** Ends every connection. */
  close(): void
}

/** What a request is known by. Throws what is wrong with the address that it came by. */
export type Admission = () => Credential

/** A request or stream that goes on. */
interface Open extends Credential {
  end(): void
  /** Throws when its sender may no longer do it. Absent until it is decided about. */
  recheck?(): void
}

/** Milliseconds between two looks for tokens that ran out under a running stream. */
const checkEveryMs = 15_000
/** Milliseconds for an engine to end a removal of containers whose client has left. */
const heardOutMs = 60_000
/** The docker command's BuildKit leaves the host's path away. */
const buildKit = /^\/(?:v[\d.]+\/)?(?:session|grpc)$/
/** What some clients need between them and us, for `curl` to fetch: no secret, and no host's address, as nothing follows. */
const forwarderPath = '/h/docker-forward.mjs'
const forwarder = readFileSync(new URL('docker-forward.mjs', import.meta.url))
/** These only wait, or follow the size of a window. */
const isRecorded = ({ method, path, permission, hijack }: GatewayEndpoint) =>
  method === 'GET'
    ? hijack !== undefined || tarReads.has(permission)
    : method !== 'HEAD' && !/\/(wait|resize)$/.test(path)

/** Aborted a while after another one: what an engine has begun is heard to its end, for the log. */
function outlasting(signal: AbortSignal): AbortSignal {
  const later = new AbortController()
  const begin = () => setTimeout(() => later.abort(signal.reason), heardOutMs).unref()
  signal.addEventListener('abort', begin, { once: true })
  return later.signal
}

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
  concurrency: Pick<Concurrency, 'gateway'>
  /** Refuses changes while what is written would be lost. */
  dataFolder: Pick<FolderWatch, 'check'>
  log: Log
}): Gateway {
  const { guard, identity, access, audit, registry } = parts
  const log = parts.log.child({ part: 'gateway' })
  const open = new Set<Open>()
  const check = async () => {
    for (const entry of open) if (!(await identity.principal(entry.headers, entry.certificate))) entry.end()
  }
  const timer = setInterval(() => {
    check().catch((error) => log.warn({ err: error }, 'tokens could not be checked'))
  }, checkEveryMs)
  timer.unref()

  /** Throws gateway_token, wrong_host, wrong_origin. */
  const atOurAddress = (request: IncomingMessage): Credential => {
    // Past a proxy that cannot close half a stream, clients come by a port of their own.
    guard.checkHost(request, true)
    guard.checkOrigin(request, false)
    const { authorization } = request.headers
    if (authorization === undefined) throw new AppError('gateway_token')
    return { headers: new Headers({ authorization }) }
  }
  /** Who asks, told by `end` when their token or certificate ends. Throws gateway_token, gateway_certificate. */
  const admit = async ({ headers, certificate }: Credential, from: Source, end: () => void) => {
    const admitted = await identity.admit(headers, end, { certificate })
    if (!admitted?.principal.token) {
      admitted?.release()
      throw new AppError(certificate === undefined ? 'gateway_token' : 'gateway_certificate')
    }
    const entry: Open = { headers, certificate, end }
    open.add(entry)
    const stop = access.onChanged(() => {
      try {
        entry.recheck?.()
      } catch {
        end()
      }
    }, end)
    const release = () => {
      stop()
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
    admission: Admission,
    gone: AbortController,
    end: () => void,
    act: (prepared: AuthorizedRequest, signal: AbortSignal) => Promise<number>,
  ) => {
    const forwarded = request.headers['x-forwarded-for']
    const address = guard.address(request.socket.remoteAddress, forwarded)
    const from = { address, requestId: crypto.randomUUID() }
    let summary = `${request.method} ${target.split('?', 1)[0]}`
    let hostId: string | undefined
    let operation: Operation | undefined
    let who: Principal | undefined
    let told: { summary?: string } = {}
    const tell = (words: string) => {
      told = { summary: `engine API: ${summary}; ${words}` }
    }
    let about: AuthorizedRequest | undefined
    const named = () => (about?.names ? { summary: `engine API: ${summary} ${about.names}` } : told)
    const held: (() => void)[] = []
    let isHeardOut = false
    const letGo = () => {
      if (!isHeardOut) for (const each of held.splice(0)) each()
    }
    client.once('close', letGo)
    const hold = (over: () => void) => {
      held.push(over)
      if (client.destroyed) letGo()
    }
    try {
      const { principal, entry, release } = await admit(admission(), from, end)
      who = principal
      hold(release)
      hold(parts.concurrency.gateway(principal))
      if (request.method !== 'GET' && request.method !== 'HEAD') parts.dataFolder.check()
      const prepared = await prepare(principal, request, target, parts, gone.signal)
      hostId = prepared.hostId
      summary = [summary, prepared.said.join(', ')].filter(Boolean).join(' ')
      hold(parts.concurrency.gateway(principal, hostId))
      entry.recheck = prepared.recheck
      const objectId = prepared.objectId ?? undefined
      const { raw, policy } = prepared.endpoint
      const action = raw || (policy && !prepared.creator) ? 'gateway.raw' : prepared.endpoint.permission
      if (isRecorded(prepared.endpoint))
        operation = await audit.begin(principal, {
          action,
          hostId,
          objectId,
          summary: `engine API: ${summary}`,
        })
      // The log may have kept it waiting; the rights may be over since.
      if (gone.signal.aborted) throw gone.signal.reason
      const { takes, engine } = prepared
      about = prepared
      isHeardOut = takes !== null
      const status = await (takes
        ? withTaken(engine, takes, tell, () => act(prepared, outlasting(gone.signal)), gone.signal)
        : act(prepared, gone.signal))
      await operation?.end({ ...named(), ...(status < 400 ? {} : { code: 'engine_error' }) })
    } catch (error) {
      // A stream that was ended may throw of that, and not why.
      const isEnded = gone.signal.aborted && !(error instanceof AppError)
      const known = toAppError(isEnded ? gone.signal.reason : error)
      await operation?.end({ ...named(), error: known })
      if (known.status === 401 && hostId === undefined)
        await audit.refused(from, { action: 'request.refused', summary }, known)
      if (known.code === 'internal') log.error({ err: error, id: from.requestId }, 'request failed')
      // An engine whose connection broke is looked at now instead of at the next ping.
      if (hostId !== undefined && !gone.signal.aborted && known.status >= 502) registry.suspect(hostId)
      throw who ? access.redactError(who, known, target) : known
    } finally {
      isHeardOut = false
      if (client.destroyed) letGo()
    }
  }

  return {
    claims: (path) => path === '/h' || /^\/h[/?]/.test(path) || buildKit.test(path),
    claimsAnywhere: (path) => buildKit.test(path),
    async handle(request, response, target, admission = () => atOurAddress(request)) {
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
        await serve(request, response, target, admission, gone, end, (prepared, signal) =>
          proxy(prepared, request, response, signal),
        )
      } catch (error) {
        if (response.headersSent || response.destroyed) {
          response.destroy()
          return
        }
        const { status, headers, body } = errorAnswer(error, target)
        // Whose rights are over is not listened to any longer.
        const isOver = gone.signal.aborted
        if (isOver) request.resume()
        else leaveBody(request)
        response.writeHead(status, isOver ? { ...headers, connection: 'close' } : headers)
        response.end(request.method === 'HEAD' ? '' : body)
      }
    },
    async upgrade(request, client, head, target, admission = () => atOurAddress(request)) {
      const gone = new AbortController()
      // Without a listener an upgraded socket that resets would end the process.
      client.on('error', () => {})
      client.once('close', () => gone.abort(new AppError('connection_reset')))
      const end = () => gone.abort(new AppError('gateway_token'))
      try {
        await serve(request, client, target, admission, gone, end, (prepared, signal) =>
          upgrade(prepared, request, client, head, signal),
        )
      } catch (error) {
        const { status, headers, body } = errorAnswer(error, target)
        client.end(answerHead(status, headers) + body, () => client.destroy())
      }
    },
    close() {
      clearInterval(timer)
      for (const entry of open) entry.end()
    },
  }
}
