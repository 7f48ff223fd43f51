import { z } from 'zod'
import { secretLimitBytes } from '#lib/build/build-secret.ts'
import { hostIdSchema } from '#lib/contracts/common.ts'
import {
  buildContextAnswerSchema,
  buildOutputFrameSchema,
  buildSecretsAnswerSchema,
  buildSecretsSchema,
  buildStartSchema,
} from '#lib/contracts/image-build.ts'
import { taskSchema } from '#lib/contracts/tasks.ts'
import { AppError } from '../../errors.ts'
import type { TaskService } from '../../tasks/types.ts'
import { defineRoute } from '../../web/define-route.ts'
import { buildKind, outputKey } from './build.ts'
import type { BuildContexts } from './build-contexts.ts'
import type { BuildOutputs } from './build-output.ts'
import type { BuildSecrets } from './build-secrets.ts'

/** Building images: the context first, then the task, and what its builders say. */
export function imageBuildRoutes(parts: {
  contexts: BuildContexts
  outputs: BuildOutputs
  secrets: BuildSecrets
  tasks: TaskService
}) {
  const { contexts, outputs, secrets, tasks } = parts
  return [
    defineRoute({
      method: 'POST',
      path: '/api/images/build/contexts',
      act: 'image.build',
      takes: 'application/octet-stream',
      summary: 'Send a context: a tar, plain or compressed, as application/octet-stream',
      response: buildContextAnswerSchema,
      handler({ request }) {
        const length = request.headers['content-length']
        return contexts.take(request.raw, length === undefined ? null : Number(length))
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/api/images/build/secrets',
      access: 'images.build',
      summary: 'Give the secrets of a build, which are kept in memory until it is done with them',
      // The build's own entry tells of it; nothing of a secret, its name included, is recorded.
      event: null,
      body: buildSecretsSchema,
      response: buildSecretsAnswerSchema,
      async handler({ principal, body }) {
        const values = body.secrets.map(({ name, value }) => [name, Buffer.from(value, 'base64')] as const)
        const total = values.reduce((sum, [, value]) => sum + value.length, 0)
        if (total > secretLimitBytes)
          throw new AppError('body_too_large', { params: { limit: secretLimitBytes } })
        return { id: secrets.put(principal.userId, new Map(values)) }
      },
    }),
    defineRoute({
      method: 'POST',
      path: '/api/images/build',
      act: 'image.build',
      summary: 'Build an image on each of these hosts, as a task',
      body: buildStartSchema,
      response: taskSchema,
      handler: ({ principal, body: { width, stopOnFailure, ...input } }) =>
        tasks.start(principal, buildKind, input, { width, stopOnFailure }),
    }),
    defineRoute({
      method: 'GET',
      path: '/api/images/build/:taskId/:hostId/output',
      act: 'image.build',
      summary: 'What the builder said at a host and says until it ends, as NDJSON',
      params: z.object({ taskId: z.uuid(), hostId: hostIdSchema }),
      lines: buildOutputFrameSchema,
      async handler({ principal, params: { taskId, hostId }, signal }) {
        // Somebody else's is not found.
        tasks.get(principal, taskId)
        return outputs.read(outputKey(taskId, hostId), signal)
      },
    }),
  ]
}
