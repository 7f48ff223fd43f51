import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { archiveIdSchema, archiveSchema } from '#lib/contracts/archives.ts'
import { AppError } from '../../errors.ts'
import type { Principal } from '../../principal/principal.ts'
import { defineRoute } from '../../web/define-route.ts'
import { receiveBody } from '../../web/upload-body.ts'
import type { ArchiveLibrary } from './library.ts'
import type { Unmeasured } from './unmeasured.ts'

const version = '1.0.0'
const params = z.object({ archiveId: archiveIdSchema })
const lengthSchema = z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER)
const nameSchema = z.string().transform(
  (name) =>
    (name.split(/[\\/]/).at(-1) ?? '')
      .replace(/\p{Cc}/gu, '')
      .trim()
      .slice(0, 255) || 'archive',
)

/** Of what no look can tell from anything: the files of a system, as `docker import` takes them. Else it is looked at. */
const kindSchema = z.literal('rootfs').optional()

/**
 * Uploads of archives by tus (resumable upload protocol 1.0.0: core, creation, termination), and in one request for
 * curl. The bytes of a cut request are kept; the next one goes on behind them.
 */
export function archiveUploadRoutes(library: ArchiveLibrary, unmeasured: Unmeasured, basePath: string) {
  const uploads = '/api/archives/uploads' as const
  return [
    defineRoute({
      method: 'POST',
      path: uploads,
      access: 'archives.upload',
      summary:
        'Begin an upload (tus creation): Upload-Length and Upload-Metadata with filename, and kind rootfs for the files of a system',
      async handler({ principal, request, reply }) {
        checkVersion(request, reply)
        const metadata = parseMetadata(header(request, 'upload-metadata') ?? '')
        const fingerprint = metadata.fingerprint?.slice(0, 500)
        const archive = await library.create(principal, {
          name: nameSchema.parse(metadata.filename ?? ''),
          size: length(request, 'upload-length'),
          isRootfs: isRootfs(metadata.kind),
          ...(fingerprint ? { fingerprint } : {}),
        })
        reply.code(201).header('location', `${basePath}${uploads}/${archive.id}`)
        await reply.send()
      },
    }),
    defineRoute({
      method: 'HEAD',
      path: `${uploads}/:archiveId`,
      access: 'archives.upload',
      summary: 'Where an upload goes on (tus)',
      params,
      async handler({ principal, params: { archiveId }, request, reply }) {
        checkVersion(request, reply)
        const { offset, size } = await library.offset(principal, archiveId)
        reply
          .header('upload-offset', offset)
          .header('upload-length', size)
          .header('cache-control', 'no-store')
        await reply.send()
      },
    }),
    defineRoute({
      method: 'PATCH',
      path: `${uploads}/:archiveId`,
      access: 'archives.upload',
      event: null,
      takes: 'application/offset+octet-stream',
      summary: 'Go on with an upload (tus): bytes at Upload-Offset as application/offset+octet-stream',
      params,
      async handler({ principal, params: { archiveId }, request, reply }) {
        checkVersion(request, reply)
        if (header(request, 'content-type') !== 'application/offset+octet-stream')
          throw new AppError('unsupported_media_type')
        const at = z.coerce.number().int().min(0).safeParse(header(request, 'upload-offset'))
        if (!at.success) throw new AppError('bad_request', { detail: 'Upload-Offset is missing.' })
        const to = { principal: principal, archiveId, offset: at.data }
        const offset = await appended(library, request, to)
        reply.code(204).header('upload-offset', offset)
        await reply.send()
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: `${uploads}/:archiveId`,
      access: 'archives.upload',
      summary: 'Give an upload up (tus termination)',
      params,
      async handler({ principal, params: { archiveId }, request, reply }) {
        checkVersion(request, reply)
        await library.offset(principal, archiveId)
        await library.remove(archiveId)
      },
    }),
    defineRoute({
      method: 'PUT',
      path: '/api/archives/upload',
      access: 'archives.upload',
      takes: 'application/octet-stream',
      summary:
        'A whole archive in one request (application/octet-stream); answers when it has been looked at',
      query: z.object({ name: nameSchema.default('archive'), kind: kindSchema }),
      response: archiveSchema,
      async handler({ principal, query, request }) {
        const isUnmeasured = request.headers['transfer-encoding'] !== undefined
        if (!isUnmeasured)
          return whole(query, length(request, 'content-length'), (to) => appended(library, request, to))
        // For a moment it is there twice.
        const room = (await library.view()).freeBytes / 2
        const measured = await receiveBody(request.raw, (body) => unmeasured.take(body, room))
        try {
          if (measured.size === 0) throw new AppError('archive_truncated', { detail: 'Nothing came.' })
          return await whole(query, measured.size, ({ principal: by, archiveId }) =>
            library.append(by, archiveId, 0, measured.read(), () => {}),
          )
        } finally {
          await measured.remove()
        }

        async function whole(
          { name, kind }: typeof query,
          size: number,
          append: (to: Appending) => Promise<number>,
        ) {
          const archive = await library.create(principal, {
            name,
            size,
            isRootfs: kind === 'rootfs',
          })
          try {
            const offset = await append({
              principal: principal,
              archiveId: archive.id,
              offset: 0,
            })
            if (offset < archive.size)
              throw new AppError('archive_truncated', {
                detail: `${archive.size - offset} bytes are missing`,
              })
          } catch (error) {
            // Nobody goes on with it: the next request is a new archive.
            if (library.get(archive.id).state === 'uploading') await library.remove(archive.id)
            throw error
          }
          return library.checked(archive.id)
        }
      },
    }),
  ]
}

interface Appending {
  principal: Principal
  archiveId: string
  offset: number
}

/** Hands the request's bytes on. A cut is their end: what came before it counts. */
function appended(library: ArchiveLibrary, request: FastifyRequest, to: Appending): Promise<number> {
  return receiveBody(request.raw, (body) => {
    async function* untilCut(): AsyncGenerator<Uint8Array> {
      try {
        yield* body
      } catch {
        // The next request goes on behind what is on disk.
      }
    }
    // The body alone: its connection is still to carry the answer that says why.
    return library.append(to.principal, to.archiveId, to.offset, untilCut(), () => body.destroy())
  })
}

function checkVersion(request: FastifyRequest, reply: FastifyReply): void {
  reply.header('tus-resumable', version)
  if (header(request, 'tus-resumable') !== version) throw new AppError('tus_version', { params: { version } })
}

function header(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name]
  return Array.isArray(value) ? value[0] : value
}

function length(request: FastifyRequest, name: string): number {
  const parsed = lengthSchema.safeParse(header(request, name))
  if (!parsed.success) throw new AppError('archive_length_missing', { params: { header: name } })
  return parsed.data
}

function isRootfs(kind: string | undefined): boolean {
  const read = kindSchema.safeParse(kind)
  if (!read.success)
    throw new AppError('bad_request', { detail: 'The kind of Upload-Metadata is no rootfs.' })
  return read.data !== undefined
}

/** `key base64, key base64` (tus, Upload-Metadata). */
function parseMetadata(text: string): Record<string, string> {
  const pairs = text.split(',').map((pair) => pair.trim().split(/\s+/))
  return Object.fromEntries(
    pairs
      .filter(([key]) => key)
      .map(([key = '', value = '']) => [key, Buffer.from(value, 'base64').toString('utf8')]),
  )
}
