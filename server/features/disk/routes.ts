import { z } from 'zod'
import { hostIdSchema } from '#lib/contracts/common.ts'
import { diskSchema, pruneStartSchema } from '#lib/contracts/disk.ts'
import { taskSchema } from '#lib/contracts/tasks.ts'
import { defineRoute } from '../../web/define-route.ts'
import type { PruneService } from './service.ts'

/** What lies on the disks, and taking away what nothing uses. */
export function pruneRoutes(prune: PruneService) {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/hosts/:hostId/disk',
      access: 'hosts.view',
      summary: 'Disk usage of a host, and what nothing uses; takes seconds',
      params: z.object({ hostId: hostIdSchema }),
      response: diskSchema,
      handler: ({ principal, params, signal }) => prune.disk(principal, params.hostId, signal),
    }),
    defineRoute({
      method: 'POST',
      path: '/api/prune',
      access: 'hosts.view',
      event: 'hosts.prune',
      summary: 'Remove these unused objects, as a task; what is in use again by then stays',
      body: pruneStartSchema,
      response: taskSchema,
      handler: ({ principal, body }) => prune.start(principal, body),
    }),
  ]
}
