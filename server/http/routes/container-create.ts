import { z } from 'zod'
import { containerIdSchema, hostIdSchema } from '#lib/contracts/common.ts'
import { createInputSchema, recreateInputSchema, specAnswerSchema } from '#lib/contracts/container-create.ts'
import { taskOptionsSchema, taskSchema } from '#lib/contracts/tasks.ts'
import type { Principal } from '../../auth/types.ts'
import type { CreateService } from '../../containers/create-service.ts'
import { type AnyRoute, defineRoute } from '../define-route.ts'

const params = z.object({ hostId: hostIdSchema, containerId: containerIdSchema })
const path = '/api/hosts/:hostId/containers/:containerId' as const

/** Making containers: on several hosts at once, like one that is there, or in its place. */
export function containerCreateRoutes(containers: CreateService): AnyRoute[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/api/containers',
      access: 'containers.create',
      summary: 'Make a container on each of these hosts, as a task',
      body: createInputSchema.extend(taskOptionsSchema.shape),
      response: taskSchema,
      handler: ({ principal, body: { width, stopOnFailure, ...input } }) =>
        containers.create(principal as Principal, input, { width, stopOnFailure }),
    }),
    defineRoute({
      method: 'GET',
      path: `${path}/spec`,
      access: 'containers.create',
      event: 'containers.reveal',
      fresh: true,
      summary: 'What a container was made with, environment values included; needs containers.reveal',
      params,
      response: specAnswerSchema,
      handler: ({ principal, params: ref, signal }) => containers.spec(principal as Principal, ref, signal),
    }),
    defineRoute({
      method: 'POST',
      path: `${path}/recreate`,
      access: 'containers.create',
      summary:
        'Make a container anew in place of this one, which is put back when that does not run; as a task',
      params,
      body: recreateInputSchema,
      response: taskSchema,
      handler: ({ principal, params: ref, body }) => containers.recreate(principal as Principal, ref, body),
    }),
  ]
}
