import { z } from 'zod'
import { hostIdSchema, imageIdSchema } from '#lib/contracts/common.ts'
import { imageMatchesSchema, imageSearchQuerySchema } from '#lib/contracts/image-search.ts'
import { pullStartSchema, pushInputSchema } from '#lib/contracts/image-transfer.ts'
import {
  imageDetailSchema,
  imageHistorySchema,
  imageRemoveOptionsSchema,
  imageRemoveResultSchema,
  imageSchema,
  imageTagOptionsSchema,
} from '#lib/contracts/images.ts'
import { taskSchema } from '#lib/contracts/tasks.ts'
import type { VisibilityOf } from '../../access/visibility.ts'
import type { FleetState } from '../../fleet/fleet.ts'
import type { TaskService } from '../../tasks/types.ts'
import { defineRoute } from '../../web/define-route.ts'
import { hostStatesOf, listedHostSchema } from '../../web/list-answer.ts'
import { noteOutcome } from '../../web/recorded.ts'
import type { ImageService } from './service.ts'
import { pullKind, pushKind } from './transfer.ts'

const oneImage = z.object({ hostId: hostIdSchema, imageId: imageIdSchema })
const path = '/api/hosts/:hostId/images/:imageId' as const

/** Images of all hosts from memory; one image and its changes at its host. */
export function imageRoutes(
  images: ImageService,
  { fleet, visibilityOf }: { fleet: FleetState; visibilityOf: VisibilityOf },
  tasks: TaskService,
) {
  return [
    defineRoute({
      method: 'POST',
      path: '/api/images/pull',
      act: 'image.pull',
      summary: 'Pull an image on each of these hosts, as a task',
      body: pullStartSchema,
      response: taskSchema,
      handler: ({ principal, body: { width, stopOnFailure, ...input } }) =>
        tasks.start(principal, pullKind, input, { width, stopOnFailure }),
    }),
    defineRoute({
      method: 'POST',
      path: '/api/images/push',
      act: 'image.push',
      summary: 'Push an image from a host to its registry, as a task',
      body: pushInputSchema,
      response: taskSchema,
      handler: ({ principal, body }) =>
        tasks.start(principal, pushKind, body, { width: 1, stopOnFailure: false }),
    }),
    defineRoute({
      method: 'GET',
      path: '/api/images',
      act: 'image.view',
      summary: 'Images of all hosts, with each host’s own state',
      response: z.object({ items: z.array(imageSchema), hosts: z.array(listedHostSchema) }),
      async handler({ principal }) {
        const visibility = visibilityOf(principal)
        return { items: images.list(visibility), hosts: hostStatesOf(fleet, visibility) }
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/api/hosts/:hostId/search',
      act: 'image.pull',
      summary: 'Images by name, as the engine searches its registries',
      params: z.object({ hostId: hostIdSchema }),
      query: imageSearchQuerySchema,
      response: imageMatchesSchema,
      handler: ({ principal, params, query, signal }) =>
        images.search(principal, params.hostId, query.term, signal),
    }),
    defineRoute({
      method: 'GET',
      path,
      act: 'image.view',
      summary: 'One image with the engine’s own document',
      params: oneImage,
      response: imageDetailSchema,
      handler: ({ principal, params, signal }) =>
        images.inspect(principal, params.hostId, params.imageId, signal),
    }),
    defineRoute({
      method: 'GET',
      path: `${path}/history`,
      act: 'image.view',
      summary: 'The layers of an image',
      params: oneImage,
      response: imageHistorySchema,
      handler: ({ principal, params, signal }) =>
        images.history(principal, params.hostId, params.imageId, signal),
    }),
    defineRoute({
      method: 'POST',
      path: `${path}/tag`,
      act: 'image.tag',
      summary: 'Add a tag',
      params: oneImage,
      body: imageTagOptionsSchema,
      handler: ({ principal, params, body }) =>
        images.tag(principal, params.hostId, params.imageId, body.reference),
    }),
    defineRoute({
      method: 'DELETE',
      path,
      act: 'image.remove',
      summary: 'Remove an image, or one tag of it',
      params: oneImage,
      query: imageRemoveOptionsSchema,
      response: imageRemoveResultSchema,
      handler: ({ principal, params, query, request }) =>
        images.remove(principal, params.hostId, params.imageId, query, (words) =>
          noteOutcome(request, words),
        ),
    }),
  ]
}
