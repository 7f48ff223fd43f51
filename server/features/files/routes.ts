import { posix } from 'node:path'
import { Readable } from 'node:stream'
import { z } from 'zod'
import { printableName } from '#lib/byte-name.ts'
import { containerIdSchema, hostIdSchema } from '#lib/contracts/common.ts'
import {
  type FilesFrame,
  filePathQuerySchema,
  filePreviewSchema,
  filesFrameSchema,
  uploadQuerySchema,
} from '#lib/contracts/files.ts'
import { AppError } from '../../errors.ts'
import { toApiError } from '../../messages.ts'
import { attachment } from '../../web/attachment.ts'
import { defineRoute } from '../../web/define-route.ts'
import { receiveBody } from '../../web/upload-body.ts'
import type { FileService } from './service.ts'

const params = z.object({ hostId: hostIdSchema, containerId: containerIdSchema })
const path = '/api/hosts/:hostId/containers/:containerId/files' as const

/** Files of one container: a folder, a file's beginning, its bytes, a folder as a tar, and the way in. */
export function fileRoutes(files: FileService) {
  return [
    defineRoute({
      method: 'GET',
      path,
      act: 'container.files.read',
      summary: 'Entries of a folder as NDJSON, as they are found',
      params,
      query: filePathQuerySchema,
      lines: filesFrameSchema,
      async handler({ principal, params: ref, query, signal }) {
        const frames = files.list(principal, ref, query.path, signal)
        // What is wrong from the start is an answer of its own; later it is a line.
        return toldToTheEnd(await frames.next(), frames)
      },
    }),
    defineRoute({
      method: 'GET',
      path: `${path}/preview`,
      act: 'container.files.read',
      summary: 'What a file is, and the beginning of a text',
      params,
      query: filePathQuerySchema,
      response: filePreviewSchema,
      handler: ({ principal, params: ref, query, signal }) =>
        files.preview(principal, ref, query.path, signal),
    }),
    defineRoute({
      method: 'GET',
      path: `${path}/content`,
      act: 'container.files.read',
      sends: ['application/octet-stream'],
      summary: 'A file’s bytes',
      params,
      query: filePathQuerySchema,
      async handler({ principal, params: ref, query, signal, reply }) {
        const file = await files.content(principal, ref, query.path, signal)
        await reply
          // Always a download: in a tab of its own even an image is nobody's page on our origin.
          .header('content-disposition', attachment(printableName(posix.basename(query.path))))
          .header('content-type', file.type)
          .header('content-length', file.size)
          .header('cache-control', 'no-store')
          .send(Readable.from(file.body, { objectMode: false }))
      },
    }),
    defineRoute({
      method: 'GET',
      path: `${path}/archive`,
      act: 'container.files.read',
      sends: ['application/x-tar'],
      summary: 'A folder with all that is in it, as a tar',
      params,
      query: filePathQuerySchema,
      async handler({ principal, params: ref, query, signal, reply }) {
        const tar = await files.folder(principal, ref, query.path, signal)
        await reply
          .header(
            'content-disposition',
            attachment(`${printableName(posix.basename(query.path)) || 'root'}.tar`),
          )
          .header('content-type', 'application/x-tar')
          .header('cache-control', 'no-store')
          .send(Readable.from(tar, { objectMode: false }))
      },
    }),
    defineRoute({
      method: 'PUT',
      path,
      act: 'container.files.write',
      takes: 'application/octet-stream',
      summary: 'Write a file (its bytes are the body, application/octet-stream), or make a folder',
      params,
      query: uploadQuerySchema,
      async handler({ principal, params: ref, query, signal, request }) {
        const { folder, ...upload } = query
        const length = request.headers['content-length']
        if (!folder && length === undefined)
          throw new AppError('bad_request', { detail: 'An upload needs a Content-Length.' })
        const size = folder ? null : Number(length)
        await receiveBody(request.raw, (body) =>
          files.write(principal, ref, { ...upload, size }, body, signal),
        )
      },
    }),
  ]
}

async function* toldToTheEnd(
  first: IteratorResult<FilesFrame>,
  frames: AsyncGenerator<FilesFrame>,
): AsyncGenerator<FilesFrame> {
  try {
    if (!first.done) yield first.value
    yield* frames
  } catch (error) {
    const known = error instanceof AppError ? error : new AppError('internal', { cause: error })
    yield { type: 'error', error: toApiError(known) }
  }
}
