import { z } from 'zod'
import { containerIdSchema, hostIdSchema } from '#lib/contracts/common.ts'
import { createInputSchema, recreateInputSchema, specAnswerSchema } from '#lib/contracts/container-create.ts'
import { taskOptionsSchema, taskSchema } from '#lib/contracts/tasks.ts'
import { defineRoute } from '../../web/define-route.ts'
import type { CreateService } from './create-service.ts'

const params = z.object({ hostId: hostIdSchema, containerId: containerIdSchema })
const path = '/api/hosts/:hostId/containers/:containerId' as const

/** Making containers: on several hosts at once, like one that is there, or in its place. */
export function containerCreateRoutes(containers: CreateService) {
  return [
    defineRoute({
      method: 'POST',
      path: '/api/containers',
      act: 'container.create',
      summary: 'Make a container on each of these hosts, as a task',
      body: createInputSchema.extend(taskOptionsSchema.shape),
      response: taskSchema,
      handler: ({ principal, body: { width, stopOnFailure, ...input } }) =>
        containers.create(principal, input, { width, stopOnFailure }),
    }),
    defineRoute({
      method: 'GET',
      path: `${path}/spec`,
      act: 'container.spec',
      event: 'containers.reveal',
      fresh: true,
      summary: 'What a container was made with, environment values included; needs containers.reveal',
      params,
      response: specAnswerSchema,
      handler: ({ principal, params: ref, signal }) => containers.spec(principal, ref, signal),
    }),
    defineRoute({
      method: 'POST',
      path: `${path}/recreate`,
      act: 'container.recreate',
      summary:
        'Make a container anew in place of this one, which is put back when that does not run; as a task',
      params,
      body: recreateInputSchema,
      response: taskSchema,
      handler: ({ principal, params: ref, body }) => containers.recreate(principal, ref, body),
    }),
  ]
}
