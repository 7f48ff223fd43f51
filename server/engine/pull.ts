import type { TaskStep } from '#lib/contracts/tasks.ts'
import { parseImageRef } from '#lib/image-ref.ts'
import { AppError } from '../errors.ts'
import { type EngineContext, timeouts } from './context.ts'
import { parseNdjson } from './ndjson.ts'
import { send } from './request.ts'

export interface PullRequest {
  /** With a tag or digest; without one, `latest`. */
  reference: string
  /** `linux/arm64`; absent: the host's own. */
  platform?: string | undefined
  /** X-Registry-Auth, for this pull alone. */
  registryAuth?: string | undefined
  /** Ends the pull at the engine too: it stops when nobody reads. */
  signal: AbortSignal
  /** The layers as they are now. */
  progress?(bars: TaskStep['progress']): void
}

export interface PullCalls {
  /**
   * Pulls an image and waits until it is there. Throws reference_invalid, image_not_found, registry_denied and
   * image_pull_failed with the engine's own words; engines tell most failures within the stream, under a 200
   * (Docker's API, "Create an image"; Podman 4 all of them).
   */
  pullImage(request: PullRequest): Promise<void>
}

interface PullLine {
  status?: string
  id?: string
  progressDetail?: { current?: number; total?: number } | null
  error?: string
  errorDetail?: { message?: string }
}

export function createPullCalls({ transport, docker }: EngineContext): PullCalls {
  return {
    async pullImage({ reference, platform, registryAuth, signal, progress }) {
      const parsed = parseImageRef(reference)
      if (!parsed) throw new AppError('reference_invalid', { detail: reference })
      const { repository, tag, digest } = parsed
      try {
        const answer = await send(transport, {
          method: 'POST',
          path: docker('/images/create'),
          query: {
            fromImage: digest ? `${repository}@${digest}` : repository,
            tag: digest ? undefined : (tag ?? 'latest'),
            platform,
          },
          ...(registryAuth ? { headers: { 'x-registry-auth': registryAuth } } : {}),
          subject: 'image',
          signal,
          // Until the first word: an engine asks the registry before it answers.
          timeoutMs: 2 * timeouts.change,
        })
        const bars = new PullBars()
        for await (const line of parseNdjson<PullLine>(readable(answer.body, transport.explain))) {
          const message = line.errorDetail?.message ?? line.error
          if (message) throw transferError(message, 'pull_failed')
          if (bars.take(line)) progress?.(bars.bars)
        }
      } catch (error) {
        if (!(error instanceof AppError)) throw error
        throw isOfRegistry(error) ? transferError(error.context.detail ?? '', 'pull_failed') : error
      }
    },
  }
}

async function* readable(body: AsyncIterable<Uint8Array>, explain: (error: unknown) => Error) {
  try {
    yield* body
  } catch (error) {
    throw explain(error)
  }
}

/**
 * An engine's refusal before the stream began is about the registry's answer just as well: a 401 or 404 of its, or its
 * TLS, and not the engine's own.
 */
export function isOfRegistry({ code, context }: AppError): boolean {
  const codes = ['engine_error', 'image_not_found', 'engine_rights_missing', 'tls_required', 'conflict']
  return codes.includes(code) && context.params?.status !== undefined
}

/** What registries say through engines, in the engines' words. */
export function transferError(detail: string, otherwise: 'pull_failed' | 'push_failed'): AppError {
  if (
    /manifest unknown|manifest for .* not found|name unknown|no such image|not found: manifest|: not found/i.test(
      detail,
    )
  )
    return new AppError('pull_not_found', { detail })
  if (/denied|unauthorized|no basic auth|authentication required|forbidden/i.test(detail))
    return new AppError('pull_denied', { detail })
  if (
    /no matching manifest|no image found in (manifest list|image index)|does not match the (specified|expected) platform/i.test(
      detail,
    )
  )
    return new AppError('pull_no_platform', { detail })
  if (/no space left/i.test(detail)) return new AppError('engine_disk_full', { detail })
  return new AppError(otherwise, { detail })
}

/** Words after which a layer is there. */
const layerDone = /^(Pull complete|Already exists|Layer already exists|Pushed|Mounted from)/
/** Words with which a line is about a layer: the others carry the tag as their id. */
const layerWord =
  /^(Preparing|Pushing|Pushed|Layer already exists|Mounted from|Pulling fs layer|Waiting|Downloading|Verifying Checksum|Download complete|Extracting|Pull complete|Already exists|Copying|Retrying)/

/** A bar for each layer: bytes while they come, whole when it is unpacked. Podman names only what it does. */
export class PullBars {
  private readonly layers = new Map<string, TaskStep['progress'][number]>()

  get bars(): TaskStep['progress'] {
    return [...this.layers.values()]
  }

  /** Whether something changed. */
  take({ status = '', id = '', progressDetail }: PullLine): boolean {
    if (id === '' || !layerWord.test(status)) return false
    const known = this.layers.get(id) ?? { id, label: status, current: 0, total: null }
    const { current, total } = progressDetail ?? {}
    const isDone = layerDone.test(status)
    const size = total && total > 0 ? total : known.total
    this.layers.set(id, {
      ...{ id, label: status, total: isDone && size === null ? 1 : size },
      current: isDone ? (size ?? 1) : (current ?? known.current),
    })
    return true
  }
}
