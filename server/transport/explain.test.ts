import { describe, expect, it } from 'vitest'
import { AppError } from '../errors.ts'
import { explainError } from './explain.ts'

const where = { host: 'engine.example', port: 2376 }
const coded = (code: string, message = code) => Object.assign(new Error(message), { code })

/** Codes as the kernel, OpenSSL 3, undici 8 and llhttp give them. */
const table: [string, Error, string][] = [
  ['missing socket', coded('ENOENT', 'connect ENOENT /run/docker.sock'), 'socket_not_found'],
  ['socket of another account', coded('EACCES'), 'socket_forbidden'],
  ['socket behind a security module', coded('EPERM'), 'socket_forbidden'],
  ['nobody listens', coded('ECONNREFUSED'), 'connection_refused'],
  ['unknown name', coded('ENOTFOUND'), 'name_not_resolved'],
  ['name server silent', coded('EAI_AGAIN'), 'name_not_resolved'],
  ['no route', coded('EHOSTUNREACH'), 'network_unreachable'],
  ['no network', coded('ENETUNREACH'), 'network_unreachable'],
  ['kernel gave up', coded('ETIMEDOUT'), 'connection_timed_out'],
  ['undici gave up', coded('UND_ERR_CONNECT_TIMEOUT'), 'connection_timed_out'],
  ['no headers', coded('UND_ERR_HEADERS_TIMEOUT'), 'host_unresponsive'],
  ['expired', coded('CERT_HAS_EXPIRED'), 'tls_expired'],
  ['of the future', coded('CERT_NOT_YET_VALID'), 'tls_expired'],
  ['another name', coded('ERR_TLS_CERT_ALTNAME_INVALID'), 'tls_name_mismatch'],
  ['self-signed', coded('DEPTH_ZERO_SELF_SIGNED_CERT'), 'tls_untrusted'],
  ['unknown CA', coded('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), 'tls_untrusted'],
  ['private CA in the chain', coded('SELF_SIGNED_CERT_IN_CHAIN'), 'tls_untrusted'],
  ['signed by a wrong key', coded('CERT_SIGNATURE_FAILURE'), 'tls_untrusted'],
  ['HTTP at the TLS port', coded('ERR_SSL_WRONG_VERSION_NUMBER'), 'tls_not_spoken'],
  ['garbage at the TLS port', coded('ERR_SSL_PACKET_LENGTH_TOO_LONG'), 'tls_not_spoken'],
  [
    'no client certificate, TLS 1.3',
    coded('ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'),
    'tls_client_refused',
  ],
  ['client certificate of another CA', coded('ERR_SSL_TLSV1_ALERT_UNKNOWN_CA'), 'tls_client_refused'],
  ['client certificate refused', coded('ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE'), 'tls_client_refused'],
  ['no version in common', coded('ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION'), 'tls_not_spoken'],
  [
    'not HTTP, with no code',
    Object.assign(new Error('bad response'), { name: 'HTTPParserError' }),
    'not_an_engine',
  ],
  ['not HTTP', coded('HPE_INVALID_CONSTANT'), 'not_an_engine'],
  [
    'not HTTP, without a code',
    Object.assign(new Error('Response does not match'), { name: 'HTTPParserError' }),
    'not_an_engine',
  ],
  ['headers without end', coded('UND_ERR_HEADERS_OVERFLOW'), 'not_an_engine'],
  ['body longer than said', coded('UND_ERR_RES_CONTENT_LENGTH_MISMATCH'), 'not_an_engine'],
  ['cut by the kernel', coded('ECONNRESET'), 'connection_reset'],
  ['cut under a stream', coded('UND_ERR_SOCKET', 'other side closed'), 'connection_reset'],
  ['closed by us', coded('UND_ERR_DESTROYED'), 'connection_reset'],
  ['something new', new Error('flux capacitor'), 'connection_reset'],
]

describe('explainError', () => {
  it.each(table)('%s', (_name, error, code) => {
    const explained = explainError(error, where) as AppError
    expect(explained).toBeInstanceOf(AppError)
    expect(explained.code).toBe(code)
    expect(explained.context.params).toEqual(where)
    expect(explained.context.detail).toBe(error.message)
    expect(explained.cause).toBe(error)
  })

  it('looks at the cause first, and shows its text', () => {
    const cause = coded('ECONNREFUSED', 'connect ECONNREFUSED 10.0.0.4:2375')
    const explained = explainError(new Error('fetch failed', { cause }), where) as AppError
    expect(explained.code).toBe('connection_refused')
    expect(explained.context.detail).toBe(cause.message)
  })

  it('lets an AppError and an asked-for abort pass', () => {
    const known = new AppError('ssh_login_refused')
    expect(explainError(known, where)).toBe(known)
    const abort = new DOMException('Stopped', 'AbortError')
    expect(explainError(abort, where)).toBe(abort)
  })

  it('survives what is no error at all', () => {
    expect((explainError('boom', where) as AppError).context.detail).toBe('boom')
  })
})
