import { z } from 'zod'
import { hostIdSchema } from '#lib/contracts/common.ts'
import { taskSchema } from '#lib/contracts/tasks.ts'
import {
  volumeCreateStartSchema,
  volumeDetailSchema,
  volumeNameSchema,
  volumeRemoveStartSchema,
  volumeSchema,
  volumeSizesSchema,
} from '#lib/contracts/volumes.ts'
import { seenObjects } from '../../access/visible-fleet.ts'
import { defineRoute } from '../../web/define-route.ts'
import { hostStatesOf, listedHostSchema } from '../../web/list-answer.ts'
import type { VolumeParts, VolumeService } from './service.ts'

/** Volumes of all hosts from memory; one volume, sizes and changes at its host. */
export function volumeRoutes(
  volumes: VolumeService,
  { fleet, visibilityOf }: Pick<VolumeParts, 'fleet' | 'visibilityOf'>,
) {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/volumes',
      act: 'volume.view',
      summary: 'Volumes of all hosts, with each host’s own state',
      response: z.object({ items: z.array(volumeSchema), hosts: z.array(listedHostSchema) }),
      async handler({ principal }) {
        const visibility = visibilityOf(principal)
        return { items: seenObjects(fleet, visibility, 'volumes'), hosts: hostStatesOf(fleet, visibility) }
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/api/volumes',
      act: 'volume.create',
      summary:
        'Make a volume on each of these hosts, as a task; a folder of the host also needs containers.unrestricted',
      body: volumeCreateStartSchema,
      response: taskSchema,
      handler: ({ principal, body: { width, stopOnFailure, ...input } }) =>
        volumes.create(principal, input, { width, stopOnFailure }),
    }),
    defineRoute({
      method: 'POST',
      path: '/api/volumes/remove',
      act: 'volume.remove',
      summary: 'Remove these volumes with what is in them, as a task; what a container has stays',
      body: volumeRemoveStartSchema,
      response: taskSchema,
      handler: ({ principal, body: { width, stopOnFailure, ...input } }) =>
        volumes.remove(principal, input, { width, stopOnFailure }),
    }),
    defineRoute({
      method: 'GET',
      path: '/api/hosts/:hostId/volume-sizes',
      // Of a volume it is asked besides: who sees a part of a host sees its part.
      access: 'hosts.view',
      summary: 'Sizes of a host’s volumes, added up now; takes seconds',
      params: z.object({ hostId: hostIdSchema }),
      response: volumeSizesSchema,
      handler: ({ principal, params }) => volumes.sizes(principal, params.hostId),
    }),
    defineRoute({
      method: 'GET',
      path: '/api/hosts/:hostId/volumes/:name',
      access: 'hosts.view',
      event: 'containers.reveal',
      recordedIf: ({ reveal }) => reveal,
      freshIf: ({ reveal }) => reveal,
      summary: 'One volume, with where it is mounted; values of its driver’s options only with reveal',
      params: z.object({ hostId: hostIdSchema, name: volumeNameSchema }),
      query: z.object({ reveal: z.stringbool().default(false) }),
      response: volumeDetailSchema,
      handler: ({ principal, params, query, signal }) =>
        volumes.inspect(principal, params, query.reveal, signal),
    }),
  ]
}
