import type { EngineInfo } from '#lib/contracts/hosts.ts'
import type { TaskStep } from '#lib/contracts/tasks.ts'
import { parseImageRef } from '#lib/images/image-ref.ts'
import { AppError } from '../errors.ts'
import { type EngineContext, timeouts } from './context.ts'
import { diskFull, plainWords } from './errors.ts'
import { parseNdjson } from './ndjson.ts'
import { isForPlatform, platformOf } from './platform.ts'
import { segments, send } from './request.ts'

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
   * Pulls an image and waits until it is there. Throws reference_invalid, pull_not_found, pull_denied,
   * pull_no_platform, engine_disk_full and pull_failed with the engine's own words; engines tell most failures within
   * the stream, under a 200 (Docker's API, "Create an image"; Podman 4 all of them). Where a platform was asked for and
   * another one came, which an engine without one of several takes, that is pull_no_platform too.
   * @returns what the engine warned of.
   */
  pull(request: PullRequest): Promise<{ warnings: string[] }>
}

/** A line of a pull or push, with what it should hold. Layers' names and sizes are the registry's, and may be anything. */
export interface TransferLine {
  status?: unknown
  id?: unknown
  progressDetail?: { current?: unknown; total?: unknown } | null
  error?: unknown
  errorDetail?: { message?: unknown } | null
}

const mostWarnings = 10

/** @param info what the engine's connection found. */
export function createPullCalls(
  { transport, docker, isPodman, json }: EngineContext,
  info: () => EngineInfo | null,
): PullCalls {
  const checkPlatform = async (reference: string, platform: string, signal: AbortSignal) => {
    // containerd's store has several platforms of one name, and refuses by itself one that is not there.
    if (info()?.containerdStore) return
    const path = docker(`/images/${segments(reference)}/json`)
    const image = await json<Parameters<typeof isForPlatform>[0]>(
      path,
      { subject: 'image' },
      { signal },
    ).catch((error: unknown) => {
      throw error instanceof AppError && error.code === 'image_not_found' ? cutPull() : error
    })
    if (isForPlatform(image, platform)) return
    const detail = `Asked for ${platform}; what came, and is there now, is ${platformOf(image)}.`
    throw new AppError('pull_no_platform', { detail })
  }
  return {
    async pull({ reference, platform, registryAuth, signal, progress }) {
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
        const warnings: string[] = []
        let isSaidDone = false
        for await (const line of parseNdjson<TransferLine>(readable(answer.body, transport.explain))) {
          const message = failureOf(line)
          if (message) throw transferError(message, 'pull')
          const { status } = line
          isSaidDone ||= typeof status === 'string' && status.startsWith('Status: ')
          if (typeof status === 'string' && /^warning\b/i.test(status) && warnings.length < mostWarnings)
            warnings.push(plainWords(status, 500))
          if (bars.take(line)) progress?.(bars.bars)
        }
        // Docker's last word is what came. Without it, and with layers half there, what stands under the name is from before.
        if (!isPodman() && !isSaidDone && bars.isHalf) throw cutPull()
        if (platform !== undefined) await checkPlatform(reference, platform, signal)
        return { warnings }
      } catch (error) {
        if (!(error instanceof AppError)) throw error
        throw isOfRegistry(error) ? transferError(error.context.detail ?? '', 'pull') : error
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

/** The engine's word that it went wrong, or null. */
export function failureOf({ error, errorDetail }: TransferLine): string | null {
  const message = errorDetail?.message ?? error
  return message ? String(message) : null
}

const notFound =
  /manifest unknown|manifest for .* not found|name unknown|no such image|not found: manifest|: not found/i
/** Docker's and Podman's words for a 401 or 403 of a registry; a file of the host's that is denied is another matter. */
const denied =
  /(?<!permission )denied|unauthorized|no basic auth|authentication required|forbidden|invalid username\/password/i
const noPlatform =
  /no matching manifest|no image found in (manifest list|image index)|does not match the (specified|expected) platform/i

/** The engine's answer ended, and the image is not there: the connection was closed in good order by something between. */
export function cutPull(): AppError {
  return new AppError('pull_failed', { detail: 'The engine’s answer ended before the image was there.' })
}

/** What registries say through engines, in the engines' words. */
export function transferError(words: string, kind: 'pull' | 'push'): AppError {
  const detail = plainWords(words, 2000)
  if (kind === 'pull' && notFound.test(detail)) return new AppError('pull_not_found', { detail })
  if (denied.test(detail)) return new AppError(`${kind}_denied`, { detail })
  if (kind === 'pull' && noPlatform.test(detail)) return new AppError('pull_no_platform', { detail })
  if (diskFull.test(detail)) return new AppError('engine_disk_full', { detail })
  return new AppError(`${kind}_failed`, { detail })
}

/** Words after which a layer is there. */
const layerDone = /^(Pull complete|Already exists|Layer already exists|Pushed|Mounted from)/
/** Words with which a line is about a layer: the others carry the tag as their id. */
const layerWord =
  /^(Preparing|Pushing|Pushed|Layer already exists|Mounted from|Pulling fs layer|Waiting|Downloading|Verifying Checksum|Download complete|Extracting|Pull complete|Already exists|Copying|Retrying)/
/** Docker's images have 127 layers at most. Beyond that they are counted and not shown, and beyond the second not even that. */
const most = { bars: 128, counted: 10_000 }

/**
 * A bar for each layer: bytes while they come, whole when it is unpacked. Podman names only what it does. Layers beyond
 * the limit share one last bar that counts them.
 */
export class PullBars {
  private readonly layers = new Map<string, TaskStep['progress'][number]>()
  /** Those without a bar, and whether they are there. */
  private readonly others = new Map<string, boolean>()

  get bars(): TaskStep['progress'] {
    const bars = [...this.layers.values()]
    const done = [...this.others.values()].filter(Boolean).length
    if (this.others.size > 0)
      bars.push({ id: '…', label: '', current: done, total: this.others.size, unit: 'objects' })
    return bars
  }

  /** Whether a layer was begun and is not there. */
  get isHalf(): boolean {
    return [...this.layers.values()].some(({ label }) => !layerDone.test(label))
  }

  /** Whether something changed. */
  take({ status, id: given, progressDetail }: TransferLine): boolean {
    if (typeof given !== 'string' || typeof status !== 'string') return false
    const id = plainWords(given, 80)
    if (id === '' || !layerWord.test(status)) return false
    const isDone = layerDone.test(status)
    if (!this.layers.has(id) && this.layers.size >= most.bars) {
      const changed =
        this.others.get(id) !== isDone && (this.others.has(id) || this.others.size < most.counted)
      if (changed) this.others.set(id, isDone)
      return changed
    }
    const known = this.layers.get(id)
    const label = plainWords(status, 80)
    const size = count(progressDetail?.total) || (known?.total ?? null)
    this.layers.set(id, {
      id,
      label,
      total: isDone && size === null ? 1 : size,
      current: isDone ? (size ?? 1) : (count(progressDetail?.current) ?? known?.current ?? 0),
    })
    return true
  }
}

const count = (value: unknown): number | null =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null
