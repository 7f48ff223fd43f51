import { sql } from 'kysely'
import { z } from 'zod'
import type { FolderWatch } from '../../db/folder-watch.ts'
import type { Database } from '../../db/schema.ts'
import { AppError } from '../../errors.ts'
import { defineRoute } from '../../web/define-route.ts'

/**
 * Liveness, for who would start the process anew: it answers, and so does the database that is at its path. Readiness, for
 * who sends people to it: changes can be written, too. A full disk is not mended by a restart, so that it is told by the
 * one and fails the other.
 */
export function healthRoutes(db: Database, folder: Pick<FolderWatch, 'check' | 'fault'>) {
  const answers = async () => {
    folder.check()
    await sql`select 1`.execute(db)
  }
  return [
    defineRoute({
      method: 'GET',
      path: '/api/health',
      access: 'anonymous',
      summary: 'Liveness; tells what keeps it from being ready',
      response: z.object({ ok: z.literal(true), fault: z.string().nullable() }),
      handler: async () => {
        await answers()
        return { ok: true as const, fault: folder.fault }
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/api/ready',
      access: 'anonymous',
      summary: 'Readiness: 503 or 507 while changes cannot be written',
      response: z.object({ ok: z.literal(true) }),
      handler: async () => {
        await answers()
        if (folder.fault) throw new AppError(folder.fault)
        return { ok: true as const }
      },
    }),
  ]
}
