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
import type { SightOf } from '../../auth/sight.ts'
import type { Principal } from '../../auth/types.ts'
import type { ImageService } from '../../images/service.ts'
import { pullKind, pushKind } from '../../images/transfer.ts'
import type { FleetState } from '../../live/types.ts'
import type { TaskService } from '../../tasks/types.ts'
import { type AnyRoute, defineRoute } from '../define-route.ts'
import { hostStatesOf, listedHostSchema } from './list-answer.ts'

const oneImage = z.object({ hostId: hostIdSchema, imageId: imageIdSchema })
const path = '/api/hosts/:hostId/images/:imageId' as const

/** Images of all hosts from memory; one image and its changes at its host. */
export function imageRoutes(
  images: ImageService,
  { fleet, sightOf }: { fleet: FleetState; sightOf: SightOf },
  tasks: TaskService,
): AnyRoute[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/api/images/pull',
      access: 'images.pull',
      summary: 'Pull an image on each of these hosts, as a task',
      body: pullStartSchema,
      response: taskSchema,
      handler: ({ principal, body: { width, stopOnFailure, ...input } }) =>
        tasks.start(principal as Principal, pullKind, input, { width, stopOnFailure }),
    }),
    defineRoute({
      method: 'POST',
      path: '/api/images/push',
      access: 'images.push',
      summary: 'Push an image from a host to its registry, as a task',
      body: pushInputSchema,
      response: taskSchema,
      handler: ({ principal, body }) =>
        tasks.start(principal as Principal, pushKind, body, { width: 1, stopOnFailure: false }),
    }),
    defineRoute({
      method: 'GET',
      path: '/api/images',
      access: 'images.view',
      summary: 'Images of all hosts, with each host’s own state',
      response: z.object({ items: z.array(imageSchema), hosts: z.array(listedHostSchema) }),
      async handler({ principal }) {
        const sight = sightOf(principal as Principal)
        return { items: images.list(sight), hosts: hostStatesOf(fleet, sight) }
      },
    }),
    defineRoute({
      method: 'GET',
      path: '/api/hosts/:hostId/search',
      access: 'images.pull',
      summary: 'Images by name, as the engine searches its registries',
      params: z.object({ hostId: hostIdSchema }),
      query: imageSearchQuerySchema,
      response: imageMatchesSchema,
      handler: ({ principal, params, query, signal }) =>
        images.search(principal as Principal, params.hostId, query.term, signal),
    }),
    defineRoute({
      method: 'GET',
      path,
      access: 'images.view',
      summary: 'One image with the engine’s own document',
      params: oneImage,
      response: imageDetailSchema,
      handler: ({ principal, params, signal }) =>
        images.inspect(principal as Principal, params.hostId, params.imageId, signal),
    }),
    defineRoute({
      method: 'GET',
      path: `${path}/history`,
      access: 'images.view',
      summary: 'The layers of an image',
      params: oneImage,
      response: imageHistorySchema,
      handler: ({ principal, params, signal }) =>
        images.history(principal as Principal, params.hostId, params.imageId, signal),
    }),
    defineRoute({
      method: 'POST',
      path: `${path}/tag`,
      access: 'images.tag',
      summary: 'Add a tag',
      params: oneImage,
      body: imageTagOptionsSchema,
      handler: ({ principal, params, body }) =>
        images.tag(principal as Principal, params.hostId, params.imageId, body.reference),
    }),
    defineRoute({
      method: 'DELETE',
      path,
      access: 'images.remove',
      summary: 'Remove an image, or one tag of it',
      params: oneImage,
      query: imageRemoveOptionsSchema,
      response: imageRemoveResultSchema,
      handler: ({ principal, params, query }) =>
        images.remove(principal as Principal, params.hostId, params.imageId, query),
    }),
  ]
}
