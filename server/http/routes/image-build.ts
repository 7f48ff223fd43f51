import { Readable } from 'node:stream'
import { z } from 'zod'
import { hostIdSchema } from '#lib/contracts/common.ts'
import {
  type BuildOutputFrame,
  buildContextAnswerSchema,
  buildStartSchema,
} from '#lib/contracts/image-build.ts'
import { taskSchema } from '#lib/contracts/tasks.ts'
import type { Principal } from '../../auth/types.ts'
import { buildKind, outputKey } from '../../images/build.ts'
import type { BuildContexts } from '../../images/build-contexts.ts'
import type { BuildOutputs } from '../../images/build-output.ts'
import type { TaskService } from '../../tasks/types.ts'
import { type AnyRoute, defineRoute } from '../define-route.ts'

/** Building images: the context first, then the task, and what its builders say. */
export function imageBuildRoutes(parts: {
  contexts: BuildContexts
  outputs: BuildOutputs
  tasks: TaskService
}): AnyRoute[] {
  const { contexts, outputs, tasks } = parts
  return [
    defineRoute({
      method: 'POST',
      path: '/api/images/build/contexts',
      access: 'images.build',
      summary: 'Send a context: a tar, plain or compressed, as application/octet-stream',
      response: buildContextAnswerSchema,
      handler({ request }) {
        const length = request.headers['content-length']
        return contexts.take(request.raw, length === undefined ? null : Number(length))
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/api/images/build',
      access: 'images.build',
      summary: 'Build an image on each of these hosts, as a task',
      body: buildStartSchema,
      response: taskSchema,
      handler: ({ principal, body: { width, stopOnFailure, ...input } }) =>
        tasks.start(principal as Principal, buildKind, input, { width, stopOnFailure }),
    }),
    defineRoute({
      method: 'GET',
      path: '/api/images/build/:taskId/:hostId/output',
      access: 'images.build',
      summary: 'What the builder said at a host and says until it ends, as NDJSON',
      params: z.object({ taskId: z.uuid(), hostId: hostIdSchema }),
      async handler({ principal, params: { taskId, hostId }, signal, reply }) {
        // Somebody else's is not found.
        tasks.get(principal as Principal, taskId)
        await reply
          .header('content-type', 'application/x-ndjson')
          .header('cache-control', 'no-store')
          .send(Readable.from(lines(outputs.read(outputKey(taskId, hostId), signal))))
      },
    }),
  ]
}

async function* lines(frames: AsyncGenerator<BuildOutputFrame>): AsyncGenerator<string> {
  for await (const frame of frames) yield `${JSON.stringify(frame)}\n`
}
