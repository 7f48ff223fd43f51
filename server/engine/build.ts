import type { Readable } from 'node:stream'
import type { BuildStep } from '#lib/contracts/image-build.ts'
import { AppError } from '../errors.ts'
import { buildByBuildKit } from './buildkit/build.ts'
import type { ContextFiles } from './buildkit/file-sync.ts'
import { type EngineContext, timeouts } from './context.ts'
import { diskFull, plainWords } from './errors.ts'
import { parseNdjson } from './ndjson.ts'
import { transferError } from './pull.ts'
import { type EngineRequest, send } from './request.ts'

export interface BuildRequest {
  /** A tar with its files (null where only the engine can unpack it), or an address that the engine fetches. */
  context: { tar(): Readable; files: ContextFiles | null } | { remote: string }
  /** With registry where it isn't Docker Hub. */
  tags: readonly string[]
  dockerfile: string
  buildArgs: Readonly<Record<string, string>>
  labels: Readonly<Record<string, string>>
  target?: string | undefined
  platform?: string | undefined
  noCache: boolean
  pull: boolean
  /** X-Registry-Config, for this build alone. */
  registryConfig?: string | undefined
  /** For `RUN --mount=type=secret`, by id. The classic builders are never told of them. */
  secrets: ReadonlyMap<string, Buffer>
  signal: AbortSignal
  /** What the builder says, with its colours. */
  output(text: string): void
  /** A step began or ended. */
  step(step: BuildStep): void
}

export interface BuildCalls {
  /**
   * Builds and waits: Docker by its BuildKit, Podman by Buildah behind the API of Docker's classic builder, and a tar that
   * we cannot unpack by the classic builder, which takes it as it is. Resolves with the image's id. Ending it by the
   * signal stops Docker's RUN at once; Podman ends the RUN it is in before it stops. Throws build_failed with the
   * engine's last lines, build_needs_buildkit, build_secrets_unsupported, build_no_emulation, pull_* for a base image
   * that cannot be had, engine_disk_full. (Docker's API, "Build an image"; engines tell failures within a 200, and
   * Docker what is wrong with a Dockerfile's text before it.)
   */
  build(request: BuildRequest): Promise<string>
}

interface BuildLine {
  stream?: string
  status?: string
  id?: string
  progressDetail?: { current?: number } | null
  aux?: { ID?: string } | null
  error?: string
  errorDetail?: { message?: string }
  /** Podman's refusals within a stream. */
  message?: string
  response?: number
}

export function createBuildCalls(engine: EngineContext): BuildCalls {
  const { isPodman } = engine
  return {
    build(request) {
      const { context } = request
      const files = 'remote' in context ? context.remote : context.files
      return isPodman() || files === null
        ? buildClassically(engine, request)
        : buildByBuildKit(engine, { ...request, context: files })
    },
  }
}

async function buildClassically(
  { transport, docker, libpod, isPodman }: EngineContext,
  { context, registryConfig, secrets, signal, output, step, ...options }: BuildRequest,
): Promise<string> {
  // Neither can be told of one; a mount of it would be empty and the build succeed.
  if (secrets.size > 0) throw new AppError('build_secrets_unsupported')
  const isRemote = 'remote' in context
  const request: EngineRequest = {
    method: 'POST',
    // Podman's compatible call reads past `remote`, and then finds no Dockerfile.
    path: isRemote && isPodman() ? libpod('/build') : docker('/build'),
    query: query(options, isRemote ? context.remote : undefined),
    ...(isRemote ? {} : { stream: { contentType: 'application/x-tar', body: context.tar() } }),
    ...(registryConfig ? { headers: { 'x-registry-config': registryConfig } } : {}),
    signal,
    // Until the first word: the whole context is taken before.
    timeoutMs: timeouts.transfer,
  }
  const said = new LastWords()
  const steps = new ClassicSteps(step)
  let id: string | null = null
  try {
    const answer = await send(transport, request)
    for await (const line of parseNdjson<BuildLine>(answer.body)) {
      const message =
        line.errorDetail?.message ?? line.error ?? (line.response === undefined ? undefined : line.message)
      if (message) throw buildError(String(message).trim(), said)
      id = line.aux?.ID ?? bareId(line.stream) ?? id
      const text = textOf(line)
      if (text === '') continue
      said.take(text)
      output(text)
      steps.take(text)
    }
  } catch (error) {
    steps.end('failed')
    if (signal.aborted) throw signal.reason
    const known = transport.explain(error)
    throw known instanceof AppError && isRefusal(known)
      ? buildError(known.context.detail ?? '', said, known)
      : known
  }
  // Podman 4 ends its answer so when it was killed.
  if (id === null) throw buildError('The engine ended without an image.', said)
  steps.end('done')
  return id
}

/** Podman says '[1/2] STEP 1/4: ...' where there are several stages. */
const stepPattern = /^(?:\[\d+\/\d+\] )?step (\d+)\/(\d+) ?: (.*)/i

function query(
  options: Omit<BuildRequest, 'context' | 'registryConfig' | 'secrets' | 'signal' | 'output' | 'step'>,
  remote: string | undefined,
): EngineRequest['query'] {
  const { tags, dockerfile, buildArgs, labels, target, platform, noCache, pull } = options
  return {
    version: 1,
    t: tags,
    dockerfile,
    buildargs: JSON.stringify(buildArgs),
    labels: JSON.stringify(labels),
    target,
    platform,
    nocache: noCache,
    pull: pull ? true : undefined,
    remote,
    // Also after a failure: each step's container would stay behind.
    rm: true,
    forcerm: true,
  }
}

/** The id on a line of its own is all that libpod says of it. */
function bareId(stream: string | undefined): string | undefined {
  const [, id] = /^([0-9a-f]{64})\n$/.exec(stream ?? '') ?? []
  return id && `sha256:${id}`
}

function textOf({ stream, status, id, progressDetail }: BuildLine): string {
  if (stream !== undefined) return String(stream)
  // The base's layers: their beginning and end, and not each of their bytes.
  if (status === undefined || progressDetail?.current !== undefined) return ''
  return `${id ? `${id}: ` : ''}${status}\n`
}

/** Steps as the classic builder prints them: one after the other, and when one ended is when the next began. */
class ClassicSteps {
  readonly #give: (step: BuildStep) => void
  #current: (BuildStep & { since: number }) | null = null
  #count = 0

  constructor(give: (step: BuildStep) => void) {
    this.#give = give
  }

  take(text: string): void {
    const [, label] = /^((?:\[\d+\/\d+\] )?step \d+\/\d+ ?: .*)/i.exec(text) ?? []
    if (label !== undefined) {
      this.end('done')
      this.#count++
      const name = plainWords(label.trim(), 200)
      this.#current = { number: this.#count, name, state: 'running', ms: null, since: Date.now() }
      this.#tell()
    } else if (this.#current && /^ ?---?> Using cache/.test(text)) this.#current.state = 'cached'
  }

  end(state: 'done' | 'failed'): void {
    if (!this.#current) return
    if (this.#current.state === 'running') this.#current.state = state
    this.#current.ms = Date.now() - this.#current.since
    this.#tell()
    this.#current = null
  }

  #tell(): void {
    if (!this.#current) return
    const { number, name, state, ms } = this.#current
    this.#give({ number, name, state, ms })
  }
}

/** The end of an output, and the instruction that was the last to begin. */
class LastWords {
  step = ''
  text = ''

  take(text: string): void {
    if (stepPattern.test(text)) this.step = text
    this.text = (this.text + text).slice(-2000)
  }
}

/** What the engine answered before it began is about the build, unless it is about who may ask. */
function isRefusal({ code, context }: AppError): boolean {
  const others = ['engine_rights_missing', 'tls_required', 'engine_disk_full']
  return context.params?.status !== undefined && !others.includes(code)
}

function buildError(words: string, said: LastWords, cause?: AppError): AppError {
  const detail = plainWords(words, 2000)
  if (/requires BuildKit/i.test(detail)) return new AppError('build_needs_buildkit', { detail, cause })
  if (diskFull.test(detail)) return new AppError('engine_disk_full', { detail, cause })
  if (/exec format error/i.test(detail + said.text))
    return new AppError('build_no_emulation', { detail, cause })
  const isBase = /: from\b/i.test(said.step)
  const isPlatform = /does not match the (specified|expected) platform/i.test(detail)
  if (isBase || isPlatform) return transferError(detail, 'pull')
  const lines = plainWords(said.text.trim().split('\n').slice(-8).join('\n'), 2000)
  return new AppError('build_failed', { detail: `${lines}\n${detail}`.trim(), cause })
}
