import { bulkInputSchema, bulkPlanSchema, bulkStartSchema } from '#lib/contracts/bulk.ts'
import { taskSchema } from '#lib/contracts/tasks.ts'
import type { Principal } from '../../auth/types.ts'
import type { BulkService } from '../../bulk/service.ts'
import { type AnyRoute, defineRoute } from '../define-route.ts'

/** One action on many containers: first what it would do, then as a task. Each container is authorised by itself. */
export function bulkRoutes(bulk: BulkService): AnyRoute[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/api/bulk/plan',
      access: 'containers.view',
      asksOnly: true,
      summary: 'What an action on these containers would do, and what it would leave out',
      body: bulkInputSchema,
      response: bulkPlanSchema,
      handler: async ({ principal, body }) => bulk.plan(principal as Principal, body),
    }),
    defineRoute({
      method: 'POST',
      path: '/api/bulk',
      access: 'containers.view',
      event: 'containers.bulk',
      summary: 'Act on these containers, as a task',
      body: bulkStartSchema,
      response: taskSchema,
      handler: ({ principal, body }) => bulk.start(principal as Principal, body),
    }),
  ]
}
