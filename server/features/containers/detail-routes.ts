import { z } from 'zod'
import { containerIdSchema, hostIdSchema } from '#lib/contracts/common.ts'
import {
  changesSchema,
  commitOptionsSchema,
  commitResultSchema,
  processesQuerySchema,
  processesSchema,
  updateOptionsSchema,
  waitInputSchema,
} from '#lib/contracts/container-details.ts'
import { taskSchema } from '#lib/contracts/tasks.ts'
import type { TaskService } from '../../tasks/types.ts'
import { defineRoute } from '../../web/define-route.ts'
import type { ContainerDetails } from './details.ts'
import { showsEnvironment } from './ps-arguments.ts'
import { waitKind } from './wait.ts'

const params = z.object({ hostId: hostIdSchema, containerId: containerIdSchema })
const path = '/api/hosts/:hostId/containers/:containerId' as const

/** Processes, changes, export, commit and limits of one container. */
export function containerDetailRoutes(details: ContainerDetails, tasks: TaskService) {
  return [
    defineRoute({
      method: 'POST',
      path: '/api/containers/wait',
      act: 'container.view',
      event: 'containers.wait',
      summary: 'Wait until containers end, as a task that keeps their exit codes',
      body: waitInputSchema,
      response: taskSchema,
      // All at once: none of them works while it waits.
      handler: ({ principal, body }) =>
        tasks.start(principal, waitKind, body, { width: 50, stopOnFailure: false }),
    }),
    defineRoute({
      method: 'GET',
      path: `${path}/processes`,
      act: 'container.processes',
      event: 'containers.reveal',
      recordedIf: ({ args }) => showsEnvironment(args),
      summary:
        'Its processes, by ps; arguments other than known ones, which could print environments, need containers.reveal',
      params,
      query: processesQuerySchema,
      response: processesSchema,
      handler: ({ principal, params: ref, query, signal }) =>
        details.processes(principal, ref, query.args, signal),
    }),
    defineRoute({
      method: 'GET',
      path: `${path}/changes`,
      act: 'container.changes',
      summary: 'What differs from its image',
      params,
      response: changesSchema,
      handler: ({ principal, params: ref, signal }) => details.changes(principal, ref, signal),
    }),
    defineRoute({
      method: 'GET',
      path: `${path}/export`,
      act: 'container.export',
      sends: ['application/x-tar'],
      summary: 'Its file system as a tar',
      params,
      async handler({ principal, params: ref, signal, reply }) {
        const body = await details.exportFiles(principal, ref, signal)
        await reply
          .header('content-type', 'application/x-tar')
          .header('content-disposition', `attachment; filename="${ref.containerId.slice(0, 12)}.tar"`)
          .header('cache-control', 'no-store')
          .send(body)
      },
    }),
    defineRoute({
      method: 'POST',
      path: `${path}/commit`,
      act: 'container.commit',
      summary: 'Make an image of it',
      params,
      body: commitOptionsSchema,
      response: commitResultSchema,
      handler: ({ principal, params: ref, body }) => details.commit(principal, ref, body),
    }),
    defineRoute({
      method: 'POST',
      path: `${path}/update`,
      act: 'container.update',
      summary: 'Change its limits and restart policy',
      params,
      body: updateOptionsSchema,
      handler: ({ principal, params: ref, body }) => details.update(principal, ref, body),
    }),
  ]
}
