import type { ApiError } from '#lib/contracts/common.ts'
import { readNdjson } from './ndjson.ts'
import type { Address, Answer, Call, Line, LinesPathOf, Method, PathOf, Rest, RouteName } from './routes.ts'

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

type QueryValue = string | number | boolean | undefined | null | readonly string[]
interface AnyAddress {
  params?: Readonly<Record<string, string>>
  query?: Readonly<Record<string, QueryValue>>
}
interface AnyCall extends AnyAddress {
  body?: unknown
  signal?: AbortSignal
}

/** '' or '/roadstead': before every path of ours. Told by the server in the page, because it is a run-time setting. */
export function basePath(): string {
  return document.documentElement.dataset.basePath ?? ''
}

/** Address of a route, for links and for what sends or reads bytes: `apiUrl('GET /api/audit/export', { query })`. */
export function apiUrl<N extends RouteName>(route: N, ...[address]: Rest<Address<N>>): string {
  return urlOf(route.slice(route.indexOf(' ') + 1), address as AnyAddress | undefined)
}

/** A path with its parameters, base path and query filled in; values that are null or undefined are left out. */
export function urlOf(path: string, { params = {}, query = {} }: AnyAddress = {}): string {
  const filled = path.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''))
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query))
    for (const each of Array.isArray(value) ? value : [value])
      if (each !== undefined && each !== null) search.append(name, String(each))
  const text = search.toString()
  return `${basePath()}${filled}${text ? `?${text}` : ''}`
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

async function send(method: Method, path: string, call: AnyCall = {}): Promise<Response> {
  const { body, signal } = call
  let response: Response
  try {
    response = await fetch(urlOf(path, call), {
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
  if (code === 'fresh_sign_in_needed' && (await prove())) return send(method, path, call)
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

function caller<M extends Method>(method: M) {
  return async <P extends PathOf<M>>(path: P, ...[call]: Rest<Call<`${M} ${P}`>>) => {
    const response = await send(method, path, call as AnyCall | undefined)
    const text = response.status === 204 ? '' : await response.text()
    return (text === '' ? undefined : JSON.parse(text)) as Answer<`${M} ${P}`>
  }
}

function reader<M extends Method>(method: M) {
  return async function* <P extends LinesPathOf<M>>(path: P, ...[call]: Rest<Call<`${M} ${P}`>>) {
    const response = await send(method, path, call as AnyCall | undefined)
    if (response.body) yield* readNdjson<Line<`${M} ${P}`>>(response.body)
  }
}

/**
 * The API's client: `await api.get('/api/hosts/:hostId', { params: { hostId } })`. What a call takes and what it answers is
 * the route's own type (server/api.ts): the server validates what it is sent, the browser carries no schemas.
 * @throws ApiFailure; the fetch's AbortError when `signal` was aborted
 */
export const api = {
  get: caller('GET'),
  post: caller('POST'),
  patch: caller('PATCH'),
  put: caller('PUT'),
  delete: caller('DELETE'),
  /** A GET that answers in NDJSON, line by line as they come. Ends the request when the loop is left. */
  read: reader('GET'),
  /** As `read`, of a POST. */
  lines: reader('POST'),
}

/** Fields that the server refused, by path, for a form. Empty for any other failure. */
export function fieldErrors(thrown: unknown): Record<string, string> {
  if (!(thrown instanceof ApiFailure)) return {}
  return Object.fromEntries((thrown.error.fields ?? []).map((field) => [field.path, field.message]))
}
