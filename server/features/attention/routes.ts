import { z } from 'zod'
import { acknowledgementSchema, acknowledgeSchema } from '#lib/contracts/attention.ts'
import { containerIdSchema, hostIdSchema } from '#lib/contracts/common.ts'
import type { VisibilityOf } from '../../access/visibility.ts'
import { defineRoute } from '../../web/define-route.ts'
import type { Acknowledgements } from './acknowledgements.ts'

const params = z.object({ hostId: hostIdSchema, containerId: containerIdSchema })

/** What somebody has seen of what needs attention. Who may restart a container may say so of it. */
export function attentionRoutes(acknowledgements: Acknowledgements, visibilityOf: VisibilityOf) {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/attention/acknowledged',
      act: 'container.view',
      summary: 'Failures of containers that somebody has seen, with who, when and why',
      response: z.array(acknowledgementSchema),
      handler: async ({ principal }) => acknowledgements.list(visibilityOf(principal)),
    }),
    defineRoute({
      method: 'PUT',
      path: '/api/hosts/:hostId/containers/:containerId/acknowledgement',
      act: 'container.restart',
      event: 'attention.acknowledge',
      summary: 'Say that one has seen what is wrong with a container',
      params,
      body: acknowledgeSchema,
      response: acknowledgementSchema,
      handler: ({ principal, params: { hostId, containerId }, body }) =>
        acknowledgements.acknowledge(principal, hostId, containerId, body),
    }),
    defineRoute({
      method: 'DELETE',
      path: '/api/hosts/:hostId/containers/:containerId/acknowledgement',
      act: 'container.restart',
      event: 'attention.withdraw',
      summary: 'Let a failure that was acknowledged need attention again',
      params,
      handler: ({ params: { hostId, containerId } }) => acknowledgements.withdraw(hostId, containerId),
    }),
  ]
}
