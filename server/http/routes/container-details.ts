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
import type { Principal } from '../../auth/types.ts'
import { type ContainerDetails, showsEnvironment } from '../../containers/details.ts'
import { waitKind } from '../../containers/wait.ts'
import type { TaskService } from '../../tasks/types.ts'
import { type AnyRoute, defineRoute } from '../define-route.ts'

const params = z.object({ hostId: hostIdSchema, containerId: containerIdSchema })
const path = '/api/hosts/:hostId/containers/:containerId' as const

/** Processes, changes, export, commit and limits of one container. */
export function containerDetailRoutes(details: ContainerDetails, tasks: TaskService): AnyRoute[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/api/containers/wait',
      access: 'containers.view',
      event: 'containers.wait',
      summary: 'Wait until containers end, as a task that keeps their exit codes',
      body: waitInputSchema,
      response: taskSchema,
      // All at once: none of them works while it waits.
      handler: ({ principal, body }) =>
        tasks.start(principal as Principal, waitKind, body, { width: 50, stopOnFailure: false }),
    }),
    defineRoute({
      method: 'GET',
      path: `${path}/processes`,
      access: 'containers.top',
      event: 'containers.reveal',
      recordedIf: ({ args }) => showsEnvironment(args),
      summary: 'Its processes, by ps; arguments that print environments need containers.reveal',
      params,
      query: processesQuerySchema,
      response: processesSchema,
      handler: ({ principal, params: ref, query, signal }) =>
        details.processes(principal as Principal, ref, query.args, signal),
    }),
    defineRoute({
      method: 'GET',
      path: `${path}/changes`,
      access: 'containers.changes',
      summary: 'What differs from its image',
      params,
      response: changesSchema,
      handler: ({ principal, params: ref, signal }) => details.changes(principal as Principal, ref, signal),
    }),
    defineRoute({
      method: 'GET',
      path: `${path}/export`,
      access: 'containers.export',
      summary: 'Its file system as a tar',
      params,
      async handler({ principal, params: ref, signal, reply }) {
        const body = await details.exportFiles(principal as Principal, ref, signal)
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
      access: 'containers.commit',
      summary: 'Make an image of it',
      params,
      body: commitOptionsSchema,
      response: commitResultSchema,
      handler: ({ principal, params: ref, body }) => details.commit(principal as Principal, ref, body),
    }),
    defineRoute({
      method: 'POST',
      path: `${path}/update`,
      access: 'containers.update',
      summary: 'Change its limits and restart policy',
      params,
      body: updateOptionsSchema,
      handler: ({ principal, params: ref, body }) => details.update(principal as Principal, ref, body),
    }),
  ]
}
