import { Readable } from 'node:stream'
import { AppError } from '../errors.ts'
import { type EngineContext, timeouts } from './context.ts'
import { segments, send, sendForText } from './request.ts'

export interface ArchiveCalls {
  /**
   * What is at a path of a container, running or not, as a tar: one entry for a file, for a folder itself and all below.
   * With a slash at its end, the path of a link leads to the folder behind it (on Podman without one, too).
   * Throws file_not_found, container_not_found.
   */
  readArchive(id: string, path: string, signal: AbortSignal): Promise<AsyncIterable<Buffer>>
  /** Unpacks a tar into a folder of a container. Docker throws file_not_found for one that is not there, Podman makes it. */
  writeArchive(id: string, path: string, tar: AsyncIterable<Uint8Array>, signal: AbortSignal): Promise<void>
}

export function createArchiveCalls({ transport, docker }: EngineContext): ArchiveCalls {
  const path = (id: string) => docker(`/containers/${segments(id)}/archive`)
  return {
    async readArchive(id, of, signal) {
      const answer = await send(transport, {
        ...{ method: 'GET', path: path(id), query: { path: of }, subject: 'container', signal },
        timeoutMs: timeouts.list,
      }).catch((error) => {
        throw missing(error, of)
      })
      return readable(answer.body, transport.explain)
    },
    async writeArchive(id, into, tar, signal) {
      const body = Readable.from(tar, { objectMode: false })
      try {
        await sendForText(transport, {
          ...{ method: 'PUT', path: path(id), query: { path: into }, subject: 'container', signal },
          stream: { contentType: 'application/x-tar', body },
          timeoutMs: timeouts.transfer,
        })
      } catch (error) {
        throw missing(error, into)
      } finally {
        body.destroy()
      }
    },
  }
}

async function* readable(body: AsyncIterable<Buffer>, explain: (error: unknown) => Error) {
  try {
    yield* body
  } catch (error) {
    throw explain(error)
  }
}

/** A 404 may be about the container or about the path: the text tells. */
function missing(error: unknown, path: string): unknown {
  if (!(error instanceof AppError) || error.code !== 'container_not_found') return error
  const { detail = '' } = error.context
  if (/no such container|no container with/i.test(detail)) return error
  return new AppError('file_not_found', { detail, params: { path }, cause: error })
}
