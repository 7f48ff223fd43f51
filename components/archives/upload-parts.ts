import { DetailedError, type UploadOptions } from 'tus-js-client'
import { ApiFailure, failureOfAnswer } from '#components/data/api.ts'

const mebibyte = 1024 * 1024
/** Bytes of one request: proxies with a limit of 100 MB let it through, and a cut costs at most this. */
export const largestPart = 32 * mebibyte
/** A proxy that refuses even this is told of: an upload in smaller parts would hardly go on. */
const smallestPart = largestPart / 4 ** 5
/** nginx's own limit. A network that is down tells nothing about sizes: for its sake parts get no smaller. */
const smallestAfterCut = mebibyte

/**
 * Whether tus tries again what failed, and with which parts. A proxy's limit is nowhere to be read: after a 413 of its own
 * the parts are a quarter, as often as it takes. Some proxies end the connection instead, and of others the answer is lost
 * since the browser is still sending (nginx reads on for 30 s): the second try without an answer is with smaller parts, too.
 */
export function retriesUpload(
  error: Error | DetailedError,
  attempt: number,
  options: Pick<UploadOptions, 'chunkSize'>,
): boolean {
  const failure = uploadFailure(error)
  const { status } = failure
  const bytes = options.chunkSize ?? largestPart
  if (failure.error.code === 'proxy_body_limit') {
    options.chunkSize = Math.max(bytes / 4, smallestPart)
    return bytes > smallestPart
  }
  if (status === 0 && attempt > 0) options.chunkSize = Math.max(bytes / 4, Math.min(bytes, smallestAfterCut))
  // A proxy without its server, or none: both come back. What the server itself refuses stays refused.
  return status === 0 || (status >= 502 && status <= 504)
}

/** What tus failed with, as a failed request. */
export function uploadFailure(error: Error | DetailedError): ApiFailure {
  const response = error instanceof DetailedError ? error.originalResponse : null
  if (response) return failureOfAnswer(response.getStatus(), response.getBody())
  return new ApiFailure(0, { code: 'server_unreachable', message: 'No answer.' }, { cause: error })
}
