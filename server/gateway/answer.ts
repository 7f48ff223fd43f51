import { AppError } from '../errors.ts'
import { toAppError } from '../http/error-response.ts'
import { remedy, sentence } from '../messages.ts'

/** Of an engine's headers, those that clients read. Its framing is its own, and cookies are none of its business. */
const copied = [
  ...['content-type', 'content-length', 'api-version', 'docker-experimental', 'ostype', 'swarm'],
  ...['libpod-api-version', 'x-docker-container-path-stat', 'warning'],
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

/** An error in the engines' own shape, which every client prints. */
export function errorAnswer(error: unknown): {
  status: number
  headers: Record<string, string>
  body: string
} {
  const { code, context, status } = toAppError(error)
  const { params, detail } = context
  const words = [sentence(code, params), remedy(code, params), code === 'internal' ? '' : detail]
  const body = `${JSON.stringify({ message: words.filter(Boolean).join(' ') })}\n`
  return {
    status,
    headers: {
      ...{ 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) },
      ...{ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' },
      ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
    },
    body,
  }
}
