import { Readable } from 'node:stream'
import { z } from 'zod'
import { hostIdSchema } from '#lib/contracts/common.ts'
import { copyStartSchema, imageArchiveQuerySchema } from '#lib/contracts/image-copy.ts'
import { taskSchema } from '#lib/contracts/tasks.ts'
import type { TaskService } from '../../tasks/types.ts'
import { attachment } from '../../web/attachment.ts'
import { defineRoute } from '../../web/define-route.ts'
import type { ImageArchives } from './archives.ts'
import { copyKind } from './copy.ts'

/** Images on their way out of a host: to a file, and to other hosts. */
export function imageCopyRoutes(archives: ImageArchives, tasks: TaskService) {
  return [
    defineRoute({
      method: 'GET',
      path: '/api/hosts/:hostId/images/archive',
      act: 'image.save',
      sends: ['application/x-tar'],
      summary: 'Images as one archive, for docker load, podman load and skopeo',
      params: z.object({ hostId: hostIdSchema }),
      query: imageArchiveQuerySchema,
      async handler({ principal, params: { hostId }, query: { reference, format }, signal, reply }) {
        const request = { references: reference, format }
        const { name, body } = await archives.save(principal, hostId, request, signal)
        await reply
          .header('content-disposition', attachment(name))
          .header('content-type', 'application/x-tar')
          .header('cache-control', 'no-store')
          .send(Readable.from(body, { objectMode: false }))
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/api/images/copy',
      act: 'image.load',
      summary: 'Copy images from a host to others, as a task',
      body: copyStartSchema,
      response: taskSchema,
      handler: ({ principal, body: { width, stopOnFailure, ...input } }) =>
        tasks.start(principal, copyKind, input, { width, stopOnFailure }),
    }),
  ]
}
