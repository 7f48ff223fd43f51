import { bulkInputSchema, bulkPlanSchema, bulkStartSchema } from '#lib/contracts/bulk.ts'
import { taskSchema } from '#lib/contracts/tasks.ts'
import { defineRoute } from '../../web/define-route.ts'
import type { BulkService } from './bulk-service.ts'

/** One action on many containers: first what it would do, then as a task. Each container is authorised by itself. */
export function bulkRoutes(bulk: BulkService) {
  return [
    defineRoute({
      method: 'POST',
      path: '/api/bulk/plan',
      act: 'container.view',
      asksOnly: true,
      summary: 'What an action on these containers would do, and what it would leave out',
      body: bulkInputSchema,
      response: bulkPlanSchema,
      handler: async ({ principal, body }) => bulk.plan(principal, body),
    }),
    defineRoute({
      method: 'POST',
      path: '/api/bulk',
      act: 'container.view',
      event: 'containers.bulk',
      summary: 'Act on these containers, as a task',
      body: bulkStartSchema,
      response: taskSchema,
      handler: ({ principal, body }) => bulk.start(principal, body),
    }),
  ]
}
