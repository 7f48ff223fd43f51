import { AppError } from '../errors.ts'
import { remedy, sentence } from '../messages.ts'
import { toAppError } from '../web/error-response.ts'

/** Of an engine's headers, those that clients read. Its framing is its own, and cookies are none of its business. */
const copied = [
  'content-type',
  'content-length',
  'api-version',
  'docker-experimental',
  'ostype',
  'swarm',
  'libpod-api-version',
  'libpod-buildah-version',
  'buildkit-version',
  'server',
  'x-docker-container-path-stat',
  'warning',
]

/** The headers of an engine's answer as its client gets them. */
export function answerHeaders(
  from: Record<string, string | string[] | undefined>,
  buildKit = false,
): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = {
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  }
  for (const name of copied) if (from[name] !== undefined) headers[name] = from[name]
  // Where BuildKit's session would not come through, clients are told of the classic builder.
  if (from['builder-version'] !== undefined)
    headers['builder-version'] = buildKit ? from['builder-version'] : '1'
  return headers
}

/** What was authorised is the path that was built, and no other. */
export const isRedirect = (status: number) => status >= 300 && status < 400 && status !== 304
export const redirected = (status: number) =>
  new AppError('engine_answer_invalid', { detail: `A redirect, ${status}` })

/** Where Docker repeats in a refusal what a container was called (daemon/archive.go, stop.go, kill.go and restart.go of moby). */
const repeated =
  /(Could not find the file .* in container |annot (?:kill|stop|restart) container:? )[0-9a-f]{64}\b/g

/** An engine's refusal as of the name that its sender used, where the engine was told the container's id. */
export const asCalled = (text: string, called: string | null): string =>
  called === null
    ? text
    : text.replaceAll(repeated, (_, words: string) => words + JSON.stringify(called).slice(1, -1))

/**
 * An error in the engines' own shape, which every client prints. Podman's own clients go by what its API has besides: one
 * that finds no `response` takes a refusal for the end of all.
 */
export function errorAnswer(
  error: unknown,
  target: string,
): {
  status: number
  headers: Record<string, string>
  body: string
} {
  const { code, context, status } = toAppError(error)
  const { params, detail } = context
  const words = [sentence(code, params), remedy(code, params), code === 'internal' ? '' : detail]
  const message = words.filter(Boolean).join(' ')
  const isLibpod = /^\/h\/[^/]+(?:\/v[\d.]+)?\/libpod\//.test(target)
  const body = `${JSON.stringify(isLibpod ? { cause: sentence(code, params), message, response: status } : { message })}\n`
  return {
    status,
    headers: {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(body)),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
    },
    body,
  }
}
