import { AppError } from '../../errors.ts'
import type { BuildRequest } from '../build.ts'
import { type EngineContext, timeouts } from '../context.ts'
import { diskFull, plainWords } from '../errors.ts'
import { parseNdjson } from '../ndjson.ts'
import { transferError } from '../pull.ts'
import { send } from '../request.ts'
import type { ContextFiles } from './file-sync.ts'
import { BuildProgress } from './progress.ts'
import { accountsOf, openSession } from './session.ts'

interface BuildKitLine {
  id?: string
  aux?: unknown
  error?: string
  errorDetail?: { message?: string }
}

/**
 * Builds by the BuildKit inside of dockerd and waits; resolves with the image's id. Ending it by the signal ends what
 * runs at once. Throws as BuildCalls.build.
 * @param context its files, or the address that the engine fetches.
 */
export async function buildByBuildKit(
  { transport, docker }: EngineContext,
  request: Omit<BuildRequest, 'context'> & { context: ContextFiles | string },
): Promise<string> {
  const { context, registryConfig, secrets, signal } = request
  const progress = new BuildProgress(request.output, request.step)
  const isRemote = typeof context === 'string'
  const gifts = { accounts: accountsOf(registryConfig), secrets, files: isRemote ? null : context }
  const session = await openSession({ transport, docker }, gifts, signal)
  let id: string | null = null
  try {
    const answer = await send(transport, {
      method: 'POST',
      path: docker('/build'),
      signal,
      query: { ...queryOf(request), session: session.id, remote: isRemote ? context : 'client-session' },
      // Until the first word, before which the context is asked for.
      timeoutMs: timeouts.transfer,
    })
    for await (const line of parseNdjson<BuildKitLine>(answer.body)) {
      const message = line.errorDetail?.message ?? line.error
      if (message) throw buildKitError(String(message), progress)
      const { ID } = (line.aux ?? {}) as { ID?: unknown }
      if (line.id === 'moby.image.id' && typeof ID === 'string') id = ID
      if (line.id === 'moby.buildkit.trace' && typeof line.aux === 'string')
        progress.take(Buffer.from(line.aux, 'base64'))
    }
  } catch (error) {
    if (signal.aborted) throw signal.reason
    if (error instanceof RangeError)
      throw new AppError('engine_answer_invalid', { detail: error.message, cause: error })
    const known = transport.explain(error)
    const isRefusal = known instanceof AppError && known.context.params?.status === 400
    throw isRefusal ? buildKitError(known.context.detail ?? '', progress, known) : known
  } finally {
    session.end()
  }
  if (id === null) throw buildKitError('The engine ended without an image.', progress)
  return id
}

function queryOf({
  tags,
  dockerfile,
  buildArgs,
  labels,
  target,
  platform,
  noCache,
  pull,
}: Omit<BuildRequest, 'context'>) {
  return {
    version: 2,
    t: tags,
    dockerfile,
    target,
    platform,
    buildargs: JSON.stringify(buildArgs),
    labels: JSON.stringify(labels),
    nocache: noCache,
    pull: pull ? true : undefined,
  }
}

function buildKitError(words: string, { said, failed }: BuildProgress, cause?: AppError): AppError {
  const detail = plainWords(words.trim(), 2000)
  if (diskFull.test(detail)) return new AppError('engine_disk_full', { detail, cause })
  if (/exec format error/i.test(detail + said)) return new AppError('build_no_emulation', { detail, cause })
  if (/^\[[^\]]*\] (load metadata for|FROM) /.test(failed ?? '')) return transferError(detail, 'pull')
  const lines = plainWords(said.trim().split('\n').slice(-8).join('\n'), 2000)
  return new AppError('build_failed', { detail: `${lines}\n${detail}`.trim(), cause })
}
