import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { Duplex } from 'node:stream'
import fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify'
import type { Config } from '../config.ts'
import { AppError } from '../errors.ts'
import type { EngineAddresses } from '../gateway/engine-addresses.ts'
import type { Gateway } from '../gateway/index.ts'
import type { Log } from '../log.ts'
import type { SocketDispatcher } from '../web/connection.ts'
import { followConnections, serverLimits } from '../web/connections.ts'
import type { AnyRoute } from '../web/define-route.ts'
import { errorBody, toAppError } from '../web/error-response.ts'
import type { Guard } from '../web/guard.ts'
import { headersOf } from '../web/headers.ts'
import { recordRefusal } from '../web/recorded.ts'
import { decorateRequests } from '../web/request-fields.ts'
import { openApi } from './open-api.ts'
import type { Pages } from './pages.ts'
import { type RouteParts, registerRoute } from './register-route.ts'
import { createNonce, securityHeaders } from './security-headers.ts'

export interface HttpServer {
  /** Resolves with the port. Throws the listen error (EADDRINUSE, EACCES). */
  listen(): Promise<number>
  close(): Promise<void>
}

interface Parts extends RouteParts {
  config: Config
  log: Log
  guard: Guard
  routes: readonly AnyRoute[]
  sockets: SocketDispatcher
  gateway: Gateway
  /** Null: off. */
  engines: EngineAddresses | null
  /** Null in tests of the API alone. */
  pages: Pages | null
  setupNeeded(): Promise<boolean>
  /** Milliseconds for a JSON body to arrive; shorter in tests. */
  jsonDeadlineMs?: number | undefined
}

const jsonLimitBytes = 1024 * 1024
/** Milliseconds for a JSON body to arrive. The server's own limit is off, since uploads and streams take as long as they take. */
const jsonDeadlineMs = 30_000
const safeMethods = new Set(['GET', 'HEAD'])

/**
 * The one HTTP server: one request path, one upgrade path. Everything under the base path is either an API route, which
 * names its permission, or a page.
 */
export function createHttpServer(parts: Parts): HttpServer {
  const { config, log, identity, audit, guard, routes, sockets, gateway, engines, pages } = parts
  let raw: Server | undefined
  let end: ReturnType<typeof followConnections> | undefined
  const app: FastifyInstance = fastify({
    serverFactory: (handler) => {
      raw = createServer(serverLimits, (request, response) => {
        const failed = (error: unknown) => {
          log.error({ err: error }, 'request failed')
          response.destroy()
        }
        if (engines?.claims(request)) {
          engines.handle(request, response).catch(failed)
          return
        }
        const path = withoutBase(request.url ?? '/', config.basePath)
        if (path === null) {
          response.writeHead(302, { location: `${config.basePath}/` }).end()
          return
        }
        if (gateway.claims(path)) {
          gateway.handle(request, response, path).catch(failed)
          return
        }
        // Pages keep the full path, which Next knows; the API sees it without the base path.
        if (path.startsWith('/api/') || path === '/api') request.url = path
        handler(request, response)
      })
      return raw
    },
    bodyLimit: jsonLimitBytes,
    genReqId: () => crypto.randomUUID(),
    loggerInstance: log.child({ part: 'http' }) as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    return503OnClosing: false,
    // An address that does not decode comes past every hook.
    frameworkErrors(error, request, reply) {
      try {
        admit(request, reply)
        sendError(error, request, reply, log)
      } catch (refused) {
        sendError(refused, request, reply, log)
      }
    },
    forceCloseConnections: true,
  })
  decorateRequests(app)
  app.removeContentTypeParser('text/plain')
  // An upload: its route reads the stream itself, as fast as what is behind it takes it.
  for (const type of ['application/octet-stream', 'application/offset+octet-stream'])
    app.addContentTypeParser(type, (_request, _payload, done) => done(null))

  const admit = (request: FastifyRequest, reply: FastifyReply) => {
    const nonce = createNonce()
    reply.headers(securityHeaders(config, nonce))
    reply.raw.setHeader('x-request-id', request.id)
    // Pages are answered on the raw response, past Fastify's own header handling.
    for (const [name, value] of Object.entries(securityHeaders(config, nonce)))
      reply.raw.setHeader(name, value)
    const address = guard.address(request.socket.remoteAddress, request.headers['x-forwarded-for'])
    request.nonce = nonce
    request.source = { address, requestId: request.id }
    guard.checkHost(request.raw)
    guard.checkOrigin(request, false)
  }
  app.addHook('onRequest', async (request, reply) => admit(request, reply))
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
    const { principal } = request
    const told = principal ? parts.access.redactError(principal, known, saidIn(request)) : known
    return sendError(told.code === 'internal' ? error : told, request, reply, log)
  })

  const everyRoute = [...routes, openApi(routes)]
  for (const route of everyRoute) registerRoute(app, route, parts)
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
    await pages.handle(request.raw, reply.raw, request.nonce)
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
    async listen() {
      await app.ready()
      const server = raw as Server
      server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
        // BuildKit knows no base path, as it knows no host's path.
        const url = request.url ?? '/'
        const target = withoutBase(url, config.basePath) ?? (gateway.claimsAnywhere(url) ? url : '')
        const path = target.split('?', 1)[0] as string
        const failed = (error: unknown) => {
          log.error({ err: error }, 'upgrade failed')
          socket.destroy()
        }
        if (engines?.claims(request)) engines.upgrade(request, socket, head).catch(failed)
        else if (gateway.claims(path)) gateway.upgrade(request, socket, head, target).catch(failed)
        else if (config.dev && pages && path.startsWith('/_next/')) pages.upgrade(request, socket, head)
        else sockets.handle(request, socket, head, path).catch(failed)
      })
      end = followConnections(server)
      await app.listen({ port: config.port, host: config.bind })
      const address = server.address()
      return typeof address === 'object' && address ? address.port : config.port
    },
    async close() {
      await (end ? end(() => app.close()) : app.close())
    },
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

function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply, log: Log): FastifyReply {
  const known = toAppError(error)
  if (known.code === 'internal')
    log.error({ err: error, id: request.id, path: pathOf(request) }, 'request failed')
  return reply.code(known.status).header('cache-control', 'no-store').send(errorBody(known, request.id))
}

/** All that somebody sent who is refused, but for uploads. */
function saidIn({ url, body }: FastifyRequest): string {
  const isJson = typeof body === 'object' && body !== null && !('pipe' in body)
  const sent = isJson ? JSON.stringify(body) : ''
  return `${[...new URLSearchParams(url.replace('?', '&'))].flat().join(' ')} ${sent}`
}
