import { sql } from 'kysely'
import { z } from 'zod'
import type { Database } from '../../db/schema.ts'
import { type AnyRoute, defineRoute } from '../define-route.ts'

/** For load balancers and the image's health check: the process answers, and so does its database. */
export function healthRoutes(db: Database): AnyRoute[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/health',
      access: 'anonymous',
      summary: 'Liveness',
      response: z.object({ ok: z.literal(true) }),
      handler: async () => {
        await sql`select 1`.execute(db)
        return { ok: true as const }
      },
    }),
  ]
}
