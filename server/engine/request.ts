import type { Readable } from 'node:stream'
import { AppError } from '../errors.ts'
import { waitPatiently } from '../patience.ts'
import type { Lane, Transport } from '../transport/types.ts'
import { engineError, type Subject } from './errors.ts'

/** No list of a real engine comes near; a peer that sends more is not one (or holds 300,000 containers). */
const maximumBodyBytes = 128 * 1024 * 1024

export interface EngineRequest {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE'
  /** Template-built, version included. */
  path: string
  /** A list is the same name several times; bytes are a path that need not be text. */
  query?: Record<string, string | number | boolean | readonly string[] | Uint8Array | undefined>
  body?: unknown
  /** A body that is not JSON, sent as it comes, with backpressure. Engines read forms from the query's twin: never name one. */
  stream?: { contentType: 'application/x-tar'; body: Readable }
  headers?: Record<string, string>
  subject?: Subject
  /** Absent: the dashboard's own. */
  lane?: Lane
  signal?: AbortSignal
  /** Milliseconds until the whole answer is here; for a stream, until its headers. */
  timeoutMs: number
  /** The same, where it is known only while the request is under way. What it fails with is nobody's. */
  laterTimeoutMs?: Promise<number> | undefined
}

export interface EngineAnswer {
  status: number
  headers: Record<string, string | string[] | undefined>
  body: Readable
}

/**
 * Path segments of an id or an image reference. Podman does not decode %2F, so slashes stay slashes; and then `..`,
 * which would lead to another endpoint, and empty segments are no reference. Throws reference_invalid.
 */
export function segments(reference: string): string {
  if (reference.split('/').some((segment) => /^\.{0,2}$/.test(segment))) {
    throw new AppError('reference_invalid', { detail: reference.slice(0, 200) })
  }
  return reference.split('/').map(encodeURIComponent).join('/').replaceAll('%3A', ':').replaceAll('%40', '@')
}

/**
 * Sends one request and returns the answer with its body unread. Throws AppError for a status of 400 or more, for a
 * redirect (never followed: what we authorised is the path we built) and for all that the transport can meet.
 * A timeout of a mutation leaves its outcome unknown: it is never sent again by us.
 */
export async function send(transport: Transport, request: EngineRequest): Promise<EngineAnswer> {
  const { answer, done } = await dispatch(transport, request)
  done()
  return answer
}

/** As send, with the whole body read, within the timeout. */
export async function sendForText(
  transport: Transport,
  request: EngineRequest,
): Promise<Pick<EngineAnswer, 'status' | 'headers'> & { text: string }> {
  const { answer, done } = await dispatch(transport, request)
  try {
    return { status: answer.status, headers: answer.headers, text: await readText(transport, answer.body) }
  } finally {
    done()
  }
}

/** As sendForText, with the body read as JSON (undefined when empty). Throws not_an_engine when it is none. */
export async function sendForJson<T>(
  transport: Transport,
  request: EngineRequest,
): Promise<{ status: number; json: T }> {
  const { status, text } = await sendForText(transport, request)
  // Podman ends even an empty body with a newline.
  return { status, json: (text.trim() === '' ? undefined : parse(text, status)) as T }
}

async function dispatch(transport: Transport, request: EngineRequest) {
  const timeout = new AbortController()
  const began = performance.now()
  let { timeoutMs } = request
  const expire = () => {
    const unknown = request.method === 'GET' || request.method === 'HEAD' ? '' : 'Outcome unknown. '
    const detail = `${unknown}No answer within ${timeoutMs / 1000} s: ${request.method} ${request.path}`
    timeout.abort(new AppError('host_unresponsive', { detail, params: { seconds: timeoutMs / 1000 } }))
  }
  let callOff: (() => void) | null = waitPatiently(timeoutMs, expire)
  const done = () => {
    callOff?.()
    callOff = null
  }
  const extend = async () => {
    const later = await request.laterTimeoutMs
    if (later === undefined || !callOff) return
    callOff()
    timeoutMs = later
    callOff = waitPatiently(later - (performance.now() - began), expire)
  }
  extend().catch(() => {})
  const signal = request.signal ? AbortSignal.any([request.signal, timeout.signal]) : timeout.signal
  const search = searchOf(request.query ?? {})
  try {
    const response = await transport.dispatchers[request.lane ?? 'own'].request({
      origin: transport.origin,
      method: request.method,
      path: request.path + search,
      headers: {
        host: 'engine',
        ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(request.stream ? { 'content-type': request.stream.contentType } : {}),
        ...request.headers,
      },
      body: request.stream?.body ?? (request.body === undefined ? null : JSON.stringify(request.body)),
      signal,
    })
    const answer: EngineAnswer = {
      status: response.statusCode,
      headers: response.headers,
      body: response.body,
    }
    response.body.on('error', () => {})
    const good = answer.status < 300 || answer.status === 304
    if (!good) {
      const text = request.method === 'HEAD' ? '' : await readText(transport, response.body)
      throw engineError(answer.status, text, request.subject ?? 'engine')
    }
    return { answer, done }
  } catch (error) {
    done()
    if (timeout.signal.aborted && !request.signal?.aborted) throw timeout.signal.reason
    throw transport.explain(error)
  }
}

function searchOf(query: NonNullable<EngineRequest['query']>): string {
  const pairs = Object.entries(query).flatMap(([key, value]) => {
    if (value === undefined) return []
    if (value instanceof Uint8Array) return `${key}=${escaped(value)}`
    return [value].flat().map((one) => String(new URLSearchParams([[key, String(one)]])))
  })
  return pairs.length > 0 ? `?${pairs.join('&')}` : ''
}

const escaped = (bytes: Uint8Array) =>
  Array.from(bytes, (byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')

async function readText(transport: Transport, body: Readable): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of body) {
      chunks.push(chunk)
      length += chunk.length
      if (length > maximumBodyBytes) {
        throw new AppError('engine_answer_invalid', {
          detail: `An answer of more than ${maximumBodyBytes} bytes`,
        })
      }
    }
  } catch (error) {
    throw transport.explain(error)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** What is no JSON is no engine's, and may be what only this server is told. */
function parse(text: string, status: number): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const detail = `HTTP ${status}, ${text.length} characters that are no JSON`
    throw new AppError('not_an_engine', { detail, params: { status }, cause })
  }
}
