import type { EngineInfo } from '#lib/contracts/hosts.ts'
import { AppError } from '../errors.ts'
import { type EngineContext, timeouts } from './context.ts'
import { type EngineRequest, segments, send } from './request.ts'

export interface SaveCalls {
  /**
   * Images as one uncompressed archive, each by tag or id; by id it bears no name there. Docker before 25 and Podman
   * send a Docker archive, Docker since 25 an OCI layout with a manifest.json (Docker's API, "Export several images").
   * Both gather it on their disk before the first byte. Throws image_not_found, engine_disk_full.
   */
  save(references: readonly string[], signal: AbortSignal): Promise<AsyncIterable<Buffer>>
  /**
   * Images as an OCI image layout. Docker's since 25 is one with a manifest.json besides; Podman makes one of one image,
   * with layers compressed and Docker's configuration turned into OCI's, so that its digest is another. Throws
   * image_not_found, oci_layout_unsupported: older Docker names layers by chain and says only at the end which is which,
   * so that the digests that a layout wants as names are not known in time without keeping the whole of it.
   */
  saveOciLayout(references: readonly string[], signal: AbortSignal): Promise<AsyncIterable<Buffer>>
}

export function createSaveCalls(
  { transport, docker, libpod, isPodman }: EngineContext,
  info: () => EngineInfo | null,
): SaveCalls {
  const save = async (
    references: readonly string[],
    request: Pick<EngineRequest, 'path' | 'query' | 'signal'>,
  ): Promise<AsyncIterable<Buffer>> => {
    const answer = await send(transport, {
      method: 'GET',
      subject: 'image',
      timeoutMs: timeouts.transfer,
      ...request,
    }).catch((error) => {
      throw missing(error, references)
    })
    return readable(answer.body, transport.explain)
  }
  const all = (references: readonly string[], signal: AbortSignal) =>
    save(references, { path: docker('/images/get'), query: { names: references }, signal })
  return {
    save: all,
    async saveOciLayout(references, signal) {
      const version = info()?.version ?? ''
      const [only, ...others] = references
      const fits = isPodman() ? only !== undefined && others.length === 0 : Number.parseInt(version) >= 25
      if (!fits) throw new AppError('oci_layout_unsupported', { params: { version } })
      if (!isPodman()) return all(references, signal)
      const path = libpod(`/images/${segments(only as string)}/get`)
      return save(references, { path, query: { format: 'oci-archive' }, signal })
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
