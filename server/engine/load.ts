import { Readable } from 'node:stream'
import { parseImageRef } from '#lib/images/image-ref.ts'
import { AppError } from '../errors.ts'
import { type EngineContext, timeouts } from './context.ts'
import { diskFull } from './errors.ts'
import { parseNdjson } from './ndjson.ts'
import { type EngineRequest, send } from './request.ts'

export interface ImportRequest {
  /** Repository with tag. */
  reference: string
  /** Dockerfile instructions for the image's configuration: `CMD /app`, `ENV A=b`. */
  changes: readonly string[]
  /** The image's comment. */
  message?: string | undefined
  signal: AbortSignal
}

export interface LoadCalls {
  /**
   * Loads the images of an uncompressed archive, read as the engine takes it. Resolves with what the engine names: full
   * references, or `sha256:...` of what has no name. What `tar` throws comes out as it is, after the connection was cut,
   * so that the engine sees no whole tar. Throws load_failed with the engine's own words, engine_disk_full.
   */
  load(tar: AsyncIterable<Uint8Array>, options: { signal: AbortSignal }): Promise<{ loaded: string[] }>
  /** Makes an image with one layer of a root file system's tar. Throws as `load`, and reference_invalid. */
  import(tar: AsyncIterable<Uint8Array>, request: ImportRequest): Promise<{ id: string }>
}

interface Line {
  stream?: string
  status?: string
  error?: string
  errorDetail?: { message?: string }
}

export function createLoadCalls({ transport, docker }: EngineContext): LoadCalls {
  /** Sends a tar and hands every line of the answer on, until the engine or the tar says what is wrong. */
  const upload = async (
    tar: AsyncIterable<Uint8Array>,
    request: Pick<EngineRequest, 'path' | 'query' | 'signal'>,
    take: (line: Line) => void,
  ): Promise<void> => {
    let broken: { error: unknown } | null = null
    // Only what reading it throws is the tar's: a stream that is destroyed throws its error into the generator, too.
    const watched = async function* () {
      const source = tar[Symbol.asyncIterator]()
      try {
        for (;;) {
          const next = await source.next().catch((error: unknown) => {
            broken = { error }
            throw error
          })
          if (next.done) return
          yield next.value
        }
      } finally {
        await source.return?.()
      }
    }
    const body = Readable.from(watched(), { objectMode: false })
    // Its error is told below; of one after the answer nobody needs to hear.
    body.on('error', () => {})
    try {
      const answer = await send(transport, {
        method: 'POST',
        subject: 'engine',
        timeoutMs: timeouts.transfer,
        ...request,
        stream: { contentType: 'application/x-tar', body },
      })
      // Docker refuses within a 200, and may reset what we still send right after it: the first error is the one.
      for await (const line of parseNdjson<Line>(answer.body)) {
        const detail = line.errorDetail?.message ?? line.error
        if (detail) throw refused(detail)
        take(line)
      }
    } catch (error) {
      if (broken) throw (broken as { error: unknown }).error
      if (request.signal?.aborted) throw request.signal.reason
      const known = transport.explain(error)
      throw known instanceof AppError && isOfArchive(known)
        ? refused(known.context.detail ?? '', known)
        : known
    } finally {
      body.destroy()
    }
  }
  return {
    async load(tar, { signal }) {
      const loaded: string[] = []
      // Not quiet: Docker 20.10 leaves the names out of a quiet answer.
      await upload(tar, { path: docker('/images/load'), query: { quiet: false }, signal }, ({ stream }) => {
        loaded.push(...namesIn(stream ?? ''))
      })
      // Each engine names what it loaded, or fails.
      if (loaded.length === 0) throw new AppError('engine_answer_invalid', { detail: 'No image was named' })
      return { loaded }
    },
    async import(tar, { reference, changes, message, signal }) {
      if (!parseImageRef(reference)) throw new AppError('reference_invalid', { detail: reference })
      let id = ''
      // The tag stands in `repo`: Podman 4.3 does not read `tag`. Both engines take it there.
      const query = { fromSrc: '-', repo: reference, message, changes }
      await upload(tar, { path: docker('/images/create'), query, signal }, ({ status }) => {
        if (status && /^(sha256:)?[0-9a-f]{64}$/.test(status)) id = `sha256:${status.slice(-64)}`
      })
      if (id === '') throw new AppError('engine_answer_invalid', { detail: 'No image was named' })
      return { id }
    },
  }
}

/** Docker says a line for each name, `Loaded image ID:` of one without; Podman joins the names by commas, with no line end. */
export function namesIn(stream: string): string[] {
  const [, names] = /^Loaded image(?: ID)?(?:\(s\))?: (.+)/.exec(stream) ?? []
  return (names ?? '').split(',').flatMap((name) => name.trim() || [])
}

/** An answer with a status is about the archive, unless it tells that nothing was looked at. */
function isOfArchive({ code, context }: AppError): boolean {
  const others = ['engine_rights_missing', 'tls_required', 'not_an_engine']
  return context.params?.status !== undefined && !others.includes(code)
}

function refused(detail: string, cause?: unknown): AppError {
  if (diskFull.test(detail)) return new AppError('engine_disk_full', { detail, cause })
  return new AppError('load_failed', { detail, cause })
}
