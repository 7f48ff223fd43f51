import { createHash } from 'node:crypto'
import { isIP } from 'node:net'
import { createSecureContext, getCACertificates } from 'node:tls'
import { Agent, buildConnector, type Dispatcher } from 'undici'
import { plainLogLine } from '#lib/logs/sanitise.ts'
import { AppError } from '../../errors.ts'
import { resolveAddress } from '../../transport/address.ts'
import { explainError } from '../../transport/explain.ts'
import { apiHost } from './reference.ts'

/** How to reach a registry, with its password in the clear. Lives in memory only. */
export interface RegistryEndpoint {
  address: string
  scheme: 'https' | 'http'
  /** PEM of an authority, trusted besides those that every connection trusts. */
  ca?: string
  username?: string
  password?: string
}

export interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  bytes: Buffer
  /** Who gave it, after redirects. */
  origin: string
}

export interface Exchange {
  readonly origin: string
  /**
   * Sends a request and reads the answer whole. Follows redirects; credentials go to the first origin alone. Throws
   * not_a_registry, connection_timed_out, and what a connection can meet.
   */
  send(request: {
    method: 'GET' | 'HEAD'
    url: URL
    headers: Record<string, string>
    /** Bytes of the answer. */
    limit: number
    signal?: AbortSignal | undefined
  }): Promise<Answer>
  /** What answered is no registry, in its own words. */
  invalid(detail: string, cause?: unknown): AppError
  close(): Promise<void>
}

const timeoutMs = 15_000
/** registry.k8s.io sends manifests elsewhere, and most send blobs to a store. */
const mostRedirects = 5

export function createExchange(endpoint: RegistryEndpoint): Exchange {
  const { address, ca, scheme } = endpoint
  const connect = buildConnector({
    timeout: 5000,
    // The sign-in address and the store of blobs may lie elsewhere, with a certificate that everybody trusts.
    ...(ca ? { secureContext: createSecureContext({ ca: [...getCACertificates('default'), ca] }) } : {}),
  })
  /** Also where a registry sends us: the address is looked at after the name was resolved, and no other is dialled. */
  const dial: typeof connect = async (options, done) => {
    const host = options.hostname.replaceAll(/[[\]]/g, '')
    let hostname: string
    try {
      hostname = await resolveAddress(host)
    } catch (error) {
      done(error as Error, null)
      return
    }
    connect({ ...options, hostname, servername: options.servername || serverName(host) }, done)
  }
  const agent = new Agent({ connections: 8, connect: dial })
  const params = { registry: address }
  const invalid = (detail: string, cause?: unknown) =>
    new AppError('not_a_registry', { params, detail, cause })
  const origin = readUrl(`${scheme}://${apiHost(address)}`)?.origin
  if (!origin) throw invalid(`${address} is no address`)

  const one = async (
    url: URL,
    method: Dispatcher.HttpMethod,
    headers: Record<string, string>,
    limit: number,
    signal: AbortSignal,
  ): Promise<Answer> => {
    const path = url.pathname + url.search
    const answer = await agent.request({ origin: url.origin, path, method, headers, signal })
    const chunks: Buffer[] = []
    let length = 0
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      length += chunk.length
      if (length > limit) throw invalid(`An answer of more than ${limit} bytes`)
      chunks.push(chunk)
    }
    const { statusCode: status, headers: told } = answer
    return { status, headers: told, bytes: Buffer.concat(chunks), origin: url.origin }
  }

  return {
    origin,
    invalid,
    async send({ method, url: first, headers, limit, signal }) {
      const timeout = AbortSignal.timeout(timeoutMs)
      const either = signal ? AbortSignal.any([signal, timeout]) : timeout
      let url = first
      try {
        for (let count = 0; count <= mostRedirects; count++) {
          const { authorization: _, ...open } = headers
          const sent = url.origin === first.origin ? headers : open
          const answer = await one(url, method, sent, limit, either)
          const { location } = answer.headers
          if (![301, 302, 303, 307, 308].includes(answer.status) || typeof location !== 'string')
            return answer
          const next = readUrl(location, url)
          if (!next || (next.protocol === 'http:' && url.protocol === 'https:'))
            throw invalid(`A redirect to ${location.slice(0, 200)}`)
          url = next
        }
        throw invalid(`More than ${mostRedirects} redirects`)
      } catch (error) {
        if (error instanceof AppError) throw error
        const where = {
          host: url.hostname,
          port: Number(url.port) || (url.protocol === 'https:' ? 443 : 80),
        }
        if (timeout.aborted && !signal?.aborted)
          throw new AppError('connection_timed_out', { params: { ...params, ...where }, cause: error })
        const known = explainError(error, where)
        if (known instanceof AppError && known.code === 'not_an_engine')
          throw invalid(known.context.detail ?? '', error)
        throw known
      }
    },
    close: () => agent.destroy(),
  }
}

/** An address is not sent as server name (RFC 6066 §3). */
const serverName = (host: string) => (isIP(host) ? '' : host)

/** Null for what is no address of HTTP. */
export function readUrl(text: string, base?: URL): URL | null {
  try {
    const url = new URL(text, base)
    return url.protocol === 'http:' || url.protocol === 'https:' ? url : null
  } catch {
    return null
  }
}

export const isDigest = (text: unknown): text is string =>
  typeof text === 'string' && /^sha256:[0-9a-f]{64}$/.test(text)
export const sha256 = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

/** The media type of an answer, without its parameters. */
export const typeOf = ({ headers }: Answer) =>
  String(headers['content-type'] ?? '')
    .split(';', 1)
    .join()
    .trim()
    .toLowerCase()

/** The registry's own words: `{"errors":[{"code","message","detail"}]}`, or what it sent instead. */
export function messageOf({ bytes }: Answer): string {
  const text = plainLogLine(bytes.subarray(0, 4096).toString('utf8'))
  try {
    const { errors } = JSON.parse(text) as { errors?: { code?: unknown; message?: unknown }[] }
    const first = errors?.[0]
    if (first)
      return [first.code, first.message]
        .filter((part) => typeof part === 'string')
        .join(': ')
        .slice(0, 500)
  } catch {
    // Not JSON: as it is.
  }
  return text.slice(0, 500)
}
