import { AppError } from '../errors.ts'
import { type EngineContext, timeouts } from './context.ts'
import { send } from './request.ts'

export interface SaveCalls {
  /**
   * Images as one uncompressed archive, each by tag or id; by id it bears no name there. Docker before 25 and Podman
   * send a Docker archive, Docker since 25 an OCI layout with a manifest.json (Docker's API, "Export several images").
   * Both gather it on their disk before the first byte. Throws image_not_found, engine_disk_full.
   */
  saveImages(references: readonly string[], signal: AbortSignal): Promise<AsyncIterable<Buffer>>
}

export function createSaveCalls({ transport, docker }: EngineContext): SaveCalls {
  return {
    async saveImages(references, signal) {
      const answer = await send(transport, {
        ...{ method: 'GET', path: docker('/images/get'), query: { names: references }, signal },
        ...{ subject: 'image', timeoutMs: timeouts.transfer },
      }).catch((error) => {
        throw missing(error, references)
      })
      return readable(answer.body, transport.explain)
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

/** Podman answers 500 for an image that is not there. */
function missing(error: unknown, references: readonly string[]): unknown {
  const isMissing =
    error instanceof AppError &&
    (error.code === 'image_not_found' || /image not known|no such image/i.test(error.context.detail ?? ''))
  if (!isMissing) return error
  const params = { reference: references.join(', ') }
  return new AppError('image_not_found', { detail: error.context.detail ?? '', params, cause: error })
}
