import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { Duplex } from 'node:stream'
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import type { Audit } from '../audit/service.ts'
import type { Access } from '../auth/access.ts'
import type { Identity } from '../auth/identity.ts'
import { isFresh } from '../auth/sign-in.ts'
import type { Authorize, Principal } from '../auth/types.ts'
import type { Config } from '../config.ts'
import { AppError } from '../errors.ts'
import type { Gateway } from '../gateway/index.ts'
import type { Log } from '../log.ts'
import { headersOf, type SocketDispatcher } from '../ws/connection.ts'
import type { AnyRoute } from './define-route.ts'
import { errorBody, toAppError } from './error-response.ts'
import type { Guard } from './guard.ts'
import { openApi } from './open-api.ts'
import type { Pages } from './pages.ts'
import { eventOf, type NameOf, recorded, recordRefusal, sourceOf } from './recorded.ts'
import { createNonce, securityHeaders } from './security-headers.ts'

export interface HttpServer {
  /** Resolves with the port. Throws the listen error (EADDRINUSE, EACCES). */
  listen(): Promise<number>
  close(): Promise<void>
  readonly fastify: FastifyInstance
}

interface Parts {
  config: Config
  log: Log
  identity: Identity
  authorize: Authorize
  access: Access
  audit: Audit
  /** For the audit log. */
  nameOf: NameOf
  guard: Guard
  routes: readonly AnyRoute[]
  sockets: SocketDispatcher
  gateway: Gateway
  /** Null in tests of the API alone. */
  pages: Pages | null
  setupNeeded(): Promise<boolean>
  /** Milliseconds for a JSON body to arrive; shorter in tests. */
  jsonDeadlineMs?: number | undefined
}

const jsonLimitBytes = 1024 * 1024
/** Milliseconds for a JSON body to arrive. The server's own limit is off, since uploads and streams take as long as they take. */
const jsonDeadlineMs = 30_000
/** Milliseconds for a request's head to arrive, and between two looks for those that take longer (Node's own is half a minute). */
const slowLimits = { headersTimeout: 10_000, connectionsCheckingInterval: 3000 }
const safeMethods = new Set(['GET', 'HEAD'])

/**
 * The one HTTP server: one request path, one upgrade path. Everything under the base path is either an API route, which
 * names its permission, or a page.
 */
export function createHttpServer(parts: Parts): HttpServer {
  const { config, log, identity, audit, guard, routes, sockets, gateway, pages } = parts
  let raw: Server | undefined
  const app: FastifyInstance = fastify({
    serverFactory: (handler) => {
      raw = createServer(
        { ...slowLimits, requestTimeout: 0, keepAliveTimeout: 65_000 },
        (request, response) => {
          const path = withoutBase(request.url ?? '/', config.basePath)
          if (path === null) {
            response.writeHead(302, { location: `${config.basePath}/` }).end()
            return
          }
          if (gateway.claims(path)) return void gateway.handle(request, response, path)
          // Pages keep the full path, which Next knows; the API sees it without the base path.
          if (path.startsWith('/api/') || path === '/api') request.url = path
          handler(request, response)
        },
      )
      return raw
    },
    bodyLimit: jsonLimitBytes,
    genReqId: () => crypto.randomUUID(),
    loggerInstance: log.child({ part: 'http' }) as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    return503OnClosing: false,
    forceCloseConnections: true,
  })
  app.removeContentTypeParser('text/plain')
  // An upload: its route reads the stream itself, as fast as what is behind it takes it.
  for (const type of ['application/octet-stream', 'application/offset+octet-stream'])
    app.addContentTypeParser(type, (_request, _payload, done) => done(null))

  app.addHook('onRequest', async (request, reply) => {
    const nonce = createNonce()
    reply.headers(securityHeaders(config, nonce))
    reply.raw.setHeader('x-request-id', request.id)
    // Pages are answered on the raw response, past Fastify's own header handling.
    for (const [name, value] of Object.entries(securityHeaders(config, nonce)))
      reply.raw.setHeader(name, value)
    const address = guard.address(request.socket.remoteAddress, request.headers['x-forwarded-for'])
    Object.assign(request, { nonce, source: { address, requestId: request.id } })
    guard.checkHost(request.raw)
    guard.checkOrigin(request, false)
  })
  const deadlines = new WeakMap<FastifyRequest, NodeJS.Timeout>()
  app.addHook('preParsing', async (request) => {
    deadlines.set(
      request,
      setTimeout(() => request.raw.destroy(), parts.jsonDeadlineMs ?? jsonDeadlineMs),
    )
  })
  app.addHook('preValidation', async (request) => clearTimeout(deadlines.get(request)))
  app.addHook('onResponse', async (request, reply) => {
    clearTimeout(deadlines.get(request))
    if (request.url.startsWith('/api/')) {
      const took = Math.round(reply.elapsedTime)
      log.debug(
        { id: request.id, method: request.method, path: pathOf(request), status: reply.statusCode, ms: took },
        'request',
      )
    }
  })
  app.setErrorHandler(async (error, request, reply) => {
    const known = toAppError(error)
    await recordRefusal(audit, request, known)
    const { principal } = request as FastifyRequest & { principal?: Principal }
    const told = principal ? parts.access.veil(principal, known) : known
    return sendError(told.code === 'internal' ? error : told, request, reply, log)
  })

  const everyRoute = [...routes, openApi(routes)]
  for (const route of everyRoute) register(app, route, parts)
  const paths = new Set(everyRoute.map((route) => route.path))

  app.setNotFoundHandler(async (request, reply) => {
    if (/^\/api(?:[/?]|$)/.test(request.url)) {
      // Whoever is not signed in learns nothing, not even which addresses exist.
      const principal = await identity.principal(headersOf(request))
      if (!principal) throw new AppError('signed_out')
      const other = [...paths].some((path) => matches(path, request.url))
      throw other
        ? new AppError('method_not_allowed', { params: { method: request.method } })
        : new AppError('not_found')
    }
    if (!pages) throw new AppError('not_found')
    if (!safeMethods.has(request.method))
      throw new AppError('method_not_allowed', { params: { method: request.method } })
    const redirect = await pageRedirect(request)
    if (redirect) return reply.redirect(redirect)
    reply.hijack()
    await pages.handle(request.raw, reply.raw, (request as FastifyRequest & { nonce: string }).nonce)
  })

  /** Signed-out people see only the sign-in and set-up pages; the page itself holds no data in any case. */
  async function pageRedirect(request: FastifyRequest): Promise<string | null> {
    const path = withoutBase(request.url, config.basePath) ?? '/'
    const name = path.split('?', 1)[0] ?? '/'
    if (name.startsWith('/_next/') || /\.(svg|png|ico|webmanifest|txt)$/.test(name)) return null
    const at = (target: string) => `${config.basePath}${target}`
    const principal = await identity.principal(headersOf(request))
    if (await parts.setupNeeded()) return name === '/setup' ? null : at('/setup')
    // The administrator stays on the set-up page to choose the first hosts.
    if (name === '/setup') {
      if (!principal) return at('/login')
      return parts.access.allowed(principal).includes('hosts.edit') ? null : at('/')
    }
    // Whoever holds a link has no session yet, or uses it in somebody else's browser.
    if (name === '/join' || name === '/oidc') return null
    if (name === '/login') return principal ? at('/') : null
    if (principal?.secondFactorNeeded) return name === '/second-factor' ? null : at('/second-factor')
    return principal ? null : at(`/login?next=${encodeURIComponent(path)}`)
  }

  return {
    fastify: app,
    async listen() {
      await app.ready()
      const server = raw as Server
      server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
        // BuildKit knows no base path, as it knows no host's path.
        const url = request.url ?? '/'
        const target = withoutBase(url, config.basePath) ?? (gateway.claimsAnywhere(url) ? url : '')
        const path = target.split('?', 1)[0] as string
        if (gateway.claims(path)) void gateway.upgrade(request, socket, head, target)
        else if (config.dev && pages && path.startsWith('/_next/')) pages.upgrade(request, socket, head)
        else void sockets.handle(request, socket, head, path)
      })
      await app.listen({ port: config.port, host: config.bind })
      const address = server.address()
      return typeof address === 'object' && address ? address.port : config.port
    },
    close: () => app.close(),
  }
}

/** The path below the base path, or null outside it. */
function withoutBase(url: string, basePath: string): string | null {
  if (basePath === '') return url
  if (url === basePath) return '/'
  return url.startsWith(`${basePath}/`) || url.startsWith(`${basePath}?`)
    ? url.slice(basePath.length) || '/'
    : null
}

/** Without its query, which may hold what somebody looks for, or a token put there by mistake. */
const pathOf = ({ url }: FastifyRequest) => url.split('?', 1)[0]

function matches(template: string, url: string): boolean {
  const path = url.split('?', 1)[0] as string
  const [wanted, given] = [template.split('/'), path.split('/')]
  return (
    wanted.length === given.length &&
    wanted.every((part, index) => part.startsWith(':') || part === given[index])
  )
}

function register(
  app: FastifyInstance,
  route: AnyRoute,
  parts: Pick<Parts, 'identity' | 'authorize' | 'access' | 'audit' | 'nameOf'>,
): void {
  if (!route.access) throw new Error(`${route.method} ${route.path} declares no permission`)
  const event = eventOf(route)
  if (route.path.includes('/:') && !route.params)
    throw new Error(`${route.method} ${route.path} has no schema of its params`)
  app.route({
    method: route.method,
    url: route.path,
    // A route without a schema of its answer streams: for a HEAD it would fetch everything and throw it away.
    exposeHeadRoute: route.response !== undefined,
    // Before the body is read: who may not ask cannot make us parse.
    onRequest: async (request, reply) => {
      const gone = new AbortController()
      reply.raw.once('close', () => {
        if (!reply.raw.writableFinished) gone.abort()
      })
      Object.assign(request, { gone })
      if (route.access === 'anonymous') return
      const admitted = await parts.identity.admit(
        headersOf(request),
        (ended) => cut(reply, gone, ended.changed ? 'rights_changed' : 'signed_out'),
        { withoutSecondFactor: route.withoutSecondFactor },
      )
      if (!admitted) throw new AppError('signed_out')
      const principal: Principal = { ...admitted.principal, from: sourceOf(request) }
      reply.raw.once('close', admitted.release)
      if (gone.signal.aborted) admitted.release()
      Object.assign(request, { principal })
      const changes = !safeMethods.has(route.method) && !route.asksOnly
      if (parts.access.previewOf(principal) && !route.inPreview && (changes || !route.response))
        throw new AppError('preview_read_only')
      // What is a person's own, its tokens and password among it, is not for a token to reach.
      if (route.access === 'session' && principal.token)
        throw new AppError('denied', { params: { permission: 'session' } })
      const { hostId, containerId } = (request.params ?? {}) as { hostId?: string; containerId?: string }
      if (route.access !== 'session') {
        const object = containerId ? { objectId: containerId } : {}
        const { access } = route
        const target = hostId ? { hostId, ...object } : undefined
        parts.authorize(principal, access, target)
        // A role or a tag that changes may take the right to what is under way.
        const stop = parts.access.onChanged(() => {
          try {
            parts.access.authorize(principal, access, target)
          } catch {
            cut(reply, gone, 'rights_changed')
          }
        })
        reply.raw.once('close', stop)
        if (reply.raw.destroyed) stop()
      }
      if (route.fresh && !isFresh(principal)) throw new AppError('fresh_sign_in_needed')
    },
    handler: async (request, reply) => {
      const { gone, principal = null } = request as FastifyRequest & {
        gone: AbortController
        principal?: Principal
      }
      const answer = async () => {
        // The body and the audit log have taken their time; the rights may be over since.
        if (gone.signal.aborted) throw ended(gone.signal)
        return route.handler({
          params: route.params?.parse(request.params),
          query: route.query?.parse(request.query),
          body: route.body?.parse(request.body ?? {}),
          ...{ principal, signal: gone.signal, request, reply },
        })
      }
      const query = () => route.query?.parse(request.query)
      const isRecorded = event !== null && (route.recordedIf?.(query()) ?? true)
      if (isRecorded && !route.inPreview && principal && parts.access.previewOf(principal))
        throw new AppError('preview_read_only')
      if (principal && route.freshIf?.(query()) && !isFresh(principal))
        throw new AppError('fresh_sign_in_needed')
      const result = isRecorded
        ? await recorded(parts, route, event, { request, reply, principal }, answer)
        : await answer()
      // A stream that its reader left is neither finished nor to be answered again.
      if (reply.sent || reply.raw.headersSent || reply.raw.destroyed) return reply
      if (result === undefined) return reply.code(204).send()
      return reply.header('cache-control', 'no-store').send(result)
    },
  })
}

/** Why: its rights, or its reader, who hears nothing any more. */
const ended = ({ reason }: AbortSignal) => (reason instanceof AppError ? reason : new AppError('signed_out'))

/** Milliseconds for a request whose rights have ended to answer; the request that ended them, a sign-out, is one. */
const lastWordMs = 1000

/** Ends a running request, up and down. What is half sent must not look whole: its connection is cut. */
function cut(reply: FastifyReply, gone: AbortController, code: 'signed_out' | 'rights_changed'): void {
  gone.abort(new AppError(code))
  if (reply.raw.headersSent) {
    reply.raw.destroy()
    return
  }
  const timer = setTimeout(() => reply.raw.destroy(), lastWordMs)
  reply.raw.once('close', () => clearTimeout(timer))
}

function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply, log: Log): FastifyReply {
  const known = toAppError(error)
  if (known.code === 'internal')
    log.error({ err: error, id: request.id, path: pathOf(request) }, 'request failed')
  return reply.code(known.status).header('cache-control', 'no-store').send(errorBody(known, request.id))
}
