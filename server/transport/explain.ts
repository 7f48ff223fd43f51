import type { ErrorCode } from '#lib/error-codes.ts'
import { AppError } from '../errors.ts'

/** What was being reached, for the sentence. */
export interface Where {
  host?: string
  port?: number
  path?: string
}

/**
 * Codes of the kernel, OpenSSL, undici and ssh2, and what each means to a person. First match wins; message patterns
 * are tried where a library gives no code of its own.
 */
const meanings: readonly (readonly [RegExp, ErrorCode])[] = [
  [/^ENOENT$/, 'socket_not_found'],
  [/^(EACCES|EPERM)$/, 'socket_forbidden'],
  [/^ECONNREFUSED$/, 'connection_refused'],
  [/^(ENOTFOUND|EAI_AGAIN)$/, 'name_not_resolved'],
  [/^(EHOSTUNREACH|ENETUNREACH|EHOSTDOWN)$/, 'network_unreachable'],
  [/^(ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT)$/, 'connection_timed_out'],
  [/^UND_ERR_HEADERS_TIMEOUT$/, 'host_unresponsive'],
  [/^(CERT_HAS_EXPIRED|CERT_NOT_YET_VALID)$/, 'tls_expired'],
  [/^ERR_TLS_CERT_ALTNAME_INVALID$/, 'tls_name_mismatch'],
  [/^(DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_.*|CERT_.*)$/, 'tls_untrusted'],
  [
    /^ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|.*ALERT_PROTOCOL_VERSION)$|wrong version number/,
    'tls_not_spoken',
  ],
  [
    /^ERR_SSL_.*ALERT.*|alert (bad certificate|certificate required|unknown ca|handshake failure)/,
    'tls_client_refused',
  ],
  // undici's parser gives its code to some of its errors only, and its name to all.
  [/^HTTPParserError$|^HPE_|^UND_ERR_RES_|^UND_ERR_HEADERS_OVERFLOW$|Parse Error/, 'not_an_engine'],
  [/^(ECONNRESET|EPIPE|ECONNABORTED|UND_ERR_SOCKET|UND_ERR_CLOSED|UND_ERR_DESTROYED)$/, 'connection_reset'],
]

/**
 * Turns what a library threw into an AppError with code, place and the raw text as detail. An AppError passes through,
 * and so does an abort asked for by the caller.
 */
export function explainError(error: unknown, where: Where): Error {
  if (error instanceof AppError) return error
  if (!(error instanceof Error)) return new AppError('internal', { detail: String(error) })
  if (error.name === 'AbortError') return error
  const { code } = error as NodeJS.ErrnoException
  const cause = error.cause instanceof Error ? error.cause : undefined
  const inner = (cause as NodeJS.ErrnoException | undefined)?.code
  for (const text of [inner, code, error.name, error.message]) {
    const meaning = text && meanings.find(([pattern]) => pattern.test(text))
    if (meaning) {
      const params = Object.fromEntries(Object.entries(where).filter(([, value]) => value !== undefined))
      return new AppError(meaning[1], { params, detail: cause?.message ?? error.message, cause: error })
    }
  }
  return new AppError('connection_reset', { detail: error.message, cause: error, params: { ...where } })
}
