import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Access } from '../access/access.ts'
import { authorizeAct } from '../acts/authorize-act.ts'
import type { Audit } from '../audit/service.ts'
import type { FolderWatch } from '../db/folder-watch.ts'
import { AppError } from '../errors.ts'
import type { Identity } from '../identity/identity.ts'
import { isFresh } from '../identity/sign-in.ts'
import type { Authorize, Principal } from '../principal/principal.ts'
import type { Concurrency } from '../web/concurrency.ts'
import type { AnyRoute } from '../web/define-route.ts'
import { headersOf } from '../web/headers.ts'
import { eventOf, type NameOf, recorded, sourceOf } from '../web/recorded.ts'

export interface RouteParts {
  identity: Identity
  authorize: Authorize
  access: Access
  audit: Audit
  /** For the audit log. */
  nameOf: NameOf
  concurrency: Pick<Concurrency, 'request' | 'stream'>
  /** Refuses changes while what is written would be lost. */
  dataFolder: Pick<FolderWatch, 'check'>
}

const safeMethods = new Set(['GET', 'HEAD'])

/**
 * A route as Fastify has it: who asks, whether they may, what is recorded, then its handler; all of it before the body is
 * read that can be. What ends somebody's rights ends their requests.
 */
export function registerRoute(app: FastifyInstance, route: AnyRoute, parts: RouteParts): void {
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
      request.gone = gone
      if (!safeMethods.has(route.method) && !route.asksOnly) parts.dataFolder.check()
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
      request.principal = principal
      const over = parts.concurrency.request(principal)
      reply.raw.once('close', over)
      if (reply.raw.destroyed) over()
      const changes = !safeMethods.has(route.method) && !route.asksOnly
      if (parts.access.previewOf(principal) && !route.inPreview && (changes || !route.response))
        throw new AppError('preview_read_only')
      // What is a person's own, its tokens and password among it, is not for a token to reach.
      if (route.access === 'session' && principal.token && !route.alsoTokens)
        throw new AppError('denied', { params: { permission: 'session' } })
      const { hostId, containerId } = (request.params ?? {}) as { hostId?: string; containerId?: string }
      // A route without a schema of its answer streams, or takes one.
      if (hostId && !route.response) {
        const over = parts.concurrency.stream(principal, hostId)
        reply.raw.once('close', over)
        if (reply.raw.destroyed) over()
      }
      if (route.access !== 'session') {
        const object = containerId ? { objectId: containerId } : {}
        const { access, act } = route
        const target = hostId ? { hostId, ...object } : undefined
        const ask = (authorize: Authorize) => {
          if (act && target) authorizeAct(authorize, principal, act, target)
          else authorize(principal, access, target)
        }
        ask(parts.authorize)
        // A role or a tag that changes may take the right to what is under way.
        const over = () => cut(reply, gone, 'rights_changed')
        const stop = parts.access.onChanged(() => {
          try {
            ask(parts.access.authorize)
          } catch {
            over()
          }
        }, over)
        reply.raw.once('close', stop)
        if (reply.raw.destroyed) stop()
      }
      if (route.fresh && !isFresh(principal)) throw new AppError('fresh_sign_in_needed')
    },
    handler: async (request, reply) => {
      const { principal } = request
      const gone = request.gone as AbortController
      const answer = async () => {
        // The body and the audit log have taken their time; the rights may be over since.
        if (gone.signal.aborted) throw ended(gone.signal)
        const result = await route.handler({
          params: route.params?.parse(request.params),
          query: route.query?.parse(request.query),
          body: route.body?.parse(request.body ?? {}),
          principal,
          signal: gone.signal,
          request,
          reply,
        })
        if (route.lines) await sendLines(reply, result as AsyncIterable<unknown>)
        else return result
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

/** Values as lines of NDJSON, each as it comes. */
async function sendLines(reply: FastifyReply, values: AsyncIterable<unknown>): Promise<void> {
  const lines = async function* () {
    for await (const value of values) yield `${JSON.stringify(value)}\n`
  }
  await reply
    .header('content-type', 'application/x-ndjson')
    .header('cache-control', 'no-store')
    .send(Readable.from(lines()))
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
