import type { ApiError } from '#lib/contracts/common.ts'
import { readNdjson } from './ndjson.ts'

/** A refused or failed request. `error` is what the server said; without an answer its code is 'server_unreachable'. */
export class ApiFailure extends Error {
  override readonly name = 'ApiFailure'
  readonly status: number
  readonly error: ApiError
  constructor(status: number, error: ApiError, options?: ErrorOptions) {
    super(error.message, options)
    this.status = status
    this.error = error
  }
}

type QueryValue = string | number | boolean | undefined | null
export interface RequestOptions {
  query?: Record<string, QueryValue>
  signal?: AbortSignal
}

/** '' or '/roadstead': before every path of ours. Told by the server in the page, because it is a run-time setting. */
export function basePath(): string {
  return document.documentElement.dataset.basePath ?? ''
}

/** Path of an API route with its base path and query; values that are null or undefined are left out. */
export function apiUrl(path: `/api/${string}`, query?: Record<string, QueryValue>): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== null) search.set(name, String(value))
  }
  const text = search.toString()
  return `${basePath()}${path}${text ? `?${text}` : ''}`
}

/** Where the signed-out go; set by the session's provider, since only it knows the router. */
let signedOut: () => void = () => {}
export function onSignedOut(handler: () => void): () => void {
  signedOut = handler
  return () => {
    if (signedOut === handler) signedOut = () => {}
  }
}

/** The session has ended, told by an answer or by the live socket. */
export function reportSignedOut(): void {
  signedOut()
}

/** Asks who is signed in to prove it; false when they would not. Set by the one dialog that does. */
let prove: () => Promise<boolean> = async () => false
export function onProofNeeded(ask: () => Promise<boolean>): () => void {
  prove = ask
  return () => {
    if (prove === ask) prove = async () => false
  }
}

async function send(
  method: string,
  path: `/api/${string}`,
  body: unknown,
  { query, signal }: RequestOptions = {},
): Promise<Response> {
  let response: Response
  try {
    response = await fetch(apiUrl(path, query), {
      method,
      // The cookie goes only to our own origin. A JSON content type cannot be sent by a foreign form (CSRF).
      credentials: 'same-origin',
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal,
    })
  } catch (cause) {
    if (signal?.aborted) throw cause
    throw new ApiFailure(
      0,
      { code: 'server_unreachable', message: 'The Roadstead server does not answer.' },
      { cause },
    )
  }
  if (response.ok) return response
  const failure = await failureOf(response)
  const { code } = failure.error
  if (code === 'signed_out') reportSignedOut()
  // A full load: nothing of this page works before.
  if (code === 'second_factor_needed') window.location.replace(`${basePath()}/second-factor`)
  if (code === 'fresh_sign_in_needed' && (await prove())) return send(method, path, body, { query, signal })
  throw failure
}

const failureOf = async (response: Response) =>
  failureOfAnswer(response.status, await response.text().catch(() => ''), response.statusText)

/** What an answer that is no success says. A proxy in between answers in HTML; its status is then all there is. */
export function failureOfAnswer(status: number, text: string, statusText = ''): ApiFailure {
  try {
    const { error } = JSON.parse(text) as { error?: ApiError }
    if (error && typeof error.code === 'string') return new ApiFailure(status, error)
  } catch {
    // Not our JSON: told below.
  }
  const told = `HTTP ${status} ${statusText}`.trim()
  return new ApiFailure(status, { code: codeOfProxy(status), message: told, detail: told })
}

function codeOfProxy(status: number): ApiError['code'] {
  if (status === 413) return 'proxy_body_limit'
  if (status >= 502 && status <= 504) return 'server_unreachable'
  return status >= 400 && status < 500 ? 'proxy_refused' : 'internal'
}

async function json<T>(response: Response): Promise<T> {
  if (response.status === 204) return undefined as T
  const text = await response.text()
  return (text === '' ? undefined : JSON.parse(text)) as T
}

/**
 * The API's client. Types are the contracts' own: the server validates what it sends, the browser carries no schemas.
 * @throws ApiFailure; the fetch's AbortError when `signal` was aborted
 */
export const api = {
  get: async <T>(path: `/api/${string}`, options?: RequestOptions) =>
    json<T>(await send('GET', path, undefined, options)),
  post: async <T = void>(path: `/api/${string}`, body?: unknown, options?: RequestOptions) =>
    json<T>(await send('POST', path, body, options)),
  patch: async <T = void>(path: `/api/${string}`, body?: unknown, options?: RequestOptions) =>
    json<T>(await send('PATCH', path, body, options)),
  put: async <T = void>(path: `/api/${string}`, body?: unknown, options?: RequestOptions) =>
    json<T>(await send('PUT', path, body, options)),
  delete: async <T = void>(path: `/api/${string}`, options?: RequestOptions) =>
    json<T>(await send('DELETE', path, undefined, options)),
  /** As `lines`, for reading. */
  read: async function* <T>(
    path: `/api/${string}`,
    options: RequestOptions = {},
  ): AsyncGenerator<T, void, undefined> {
    const response = await send('GET', path, undefined, options)
    if (response.body) yield* readNdjson<T>(response.body)
  },
  /** A route that answers in NDJSON, line by line as they come. Ends the request when the loop is left. */
  lines: async function* <T>(
    path: `/api/${string}`,
    body: unknown,
    options: RequestOptions = {},
  ): AsyncGenerator<T, void, undefined> {
    const response = await send('POST', path, body, options)
    if (response.body) yield* readNdjson<T>(response.body)
  },
}

/** Fields that the server refused, by path, for a form. Empty for any other failure. */
export function fieldErrors(thrown: unknown): Record<string, string> {
  if (!(thrown instanceof ApiFailure)) return {}
  return Object.fromEntries((thrown.error.fields ?? []).map((field) => [field.path, field.message]))
}
