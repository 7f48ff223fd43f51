import type { FastifyInstance } from 'fastify'
import type { Source } from '../audit/service.ts'
import type { Principal } from '../principal/principal.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Where it came from, for the audit log. */
    source: Source
    /** Of the content security policy of its answer. */
    nonce: string
    /** Null on anonymous routes, until somebody has signed in by one. */
    principal: Principal | null
    /** Aborted when its client goes away, or its rights end. */
    gone: AbortController | null
    /** What the audit log adds of its outcome. */
    note: string | null
  }
}

/** Gives every request the fields above, in one shape. https://fastify.dev/docs/latest/Reference/Decorators/ */
export function decorateRequests(app: FastifyInstance): void {
  app.decorateRequest('source', null as unknown as Source)
  app.decorateRequest('nonce', '')
  app.decorateRequest('principal', null)
  app.decorateRequest('gone', null)
  app.decorateRequest('note', null)
}
