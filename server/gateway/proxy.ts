import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { parseExactly } from '../create-policy/exact-json.ts'
import type { EngineAnswer } from '../engine/request.ts'
import { AppError } from '../errors.ts'
import { hideValues } from '../redact.ts'
import { answerHeaders, isRedirect, redirected } from './answer.ts'
import { type Changes, changeLines, hasBody, readChanged, readJson, readText } from './body.ts'
import { proxyBulk, tarReads } from './bulk.ts'
import type { AuthorizedRequest } from './prepare.ts'
import { restrictBody } from './restrict-body.ts'
import { onlySeen, refusalTold } from './visible.ts'
import { isSeenEvent, ToldContainers } from './visible-events.ts'

/** Characters of a name in the audit log. */
const longestName = 255

function nameIn(json: string, field: string): string | null {
  const name = (parseExactly(json) as Record<string, unknown> | null)?.[field]
  return typeof name === 'string' && name !== '' ? name.slice(0, longestName) : null
}

/**
 * Hands a prepared request to its engine and the answer back, streamed both ways as fast as the slower end takes it.
 * `signal` ends both. Throws what the engine's transport met; an answer that had begun is cut, so that it does not look
 * whole.
 * @returns the engine's status.
 */
export async function proxy(
  prepared: AuthorizedRequest,
  request: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<number> {
  const { endpoint, engine } = prepared
  const isJson = endpoint.body === 'json' || endpoint.body === 'list'
  const json = isJson ? await readJson(request, prepared.creator !== null, endpoint.body === 'list') : null
  if (endpoint.bodyNames && json) prepared.names = nameIn(json, endpoint.bodyNames)
  const { path, query, body: held } = await restrictBody(prepared, json, signal)
  if (endpoint.hijack && endpoint.hijack !== 'tcp') throw new AppError('gateway_no_stream')
  const sends = endpoint.body !== undefined && !isJson && hasBody(request)
  // An endpoint that takes no body is not handed one.
  if (!sends) request.resume()
  if (sends || (endpoint.method === 'GET' && tarReads.has(endpoint.permission)))
    return proxyBulk(prepared, path, sends ? request : null, response, signal)
  const type: Record<string, string> = held === null ? {} : { 'content-type': 'application/json' }
  const headers = { ...prepared.request.headers, ...type }
  const from = await engine.forward({ ...prepared.request, path, query, headers, body: held, signal })
  await answer(prepared, from, response, signal)
  return from.status
}

async function answer(
  prepared: AuthorizedRequest,
  from: EngineAnswer,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const { endpoint, buildKit, seen, called } = prepared
  if (isRedirect(from.status)) {
    from.body.resume()
    throw redirected(from.status)
  }
  const headers = answerHeaders(from.headers, buildKit)
  if (from.status >= 400 && (seen || called !== null) && endpoint.method !== 'HEAD') {
    const text = refusalTold(await readText(from.body), prepared)
    response.writeHead(from.status, { ...headers, 'content-length': Buffer.byteLength(text) }).end(text)
    return
  }
  const changes = from.status === 200 ? changesOf(prepared) : null
  const inLines = endpoint.hides === 'lines' || endpoint.tells === 'events'
  if (changes && !inLines) {
    const text = await readChanged(from.body, changes)
    response.writeHead(200, { ...headers, 'content-length': Buffer.byteLength(text) }).end(text)
    return
  }
  if (endpoint.hijack) {
    // A raw stream of an older client, who reads the bare connection: it must not be cut into chunks.
    response.useChunkedEncodingByDefault = false
    response.shouldKeepAlive = false
  }
  // What is left of its lines is shorter than the engine said.
  if (changes) delete headers['content-length']
  response.writeHead(from.status, headers)
  if (endpoint.method === 'HEAD' || from.status === 204 || from.status === 304) {
    from.body.resume()
    response.end()
    return
  }
  // A small answer came with its head and leaves with it.
  if (!changes && from.headers['content-length'] === String(from.body.readableLength)) {
    response.end(from.body.read() ?? '')
    from.body.resume()
    return
  }
  // `wait` and `events` answer at once and say something hours later.
  if (changes || from.body.readableLength === 0) response.flushHeaders()
  if (changes) await pipeline(from.body, (body) => changeLines(body, changes), response, { signal })
  else await pipeline(from.body, response, { signal })
}

/** Null when an answer goes on as it is. */
function changesOf({ endpoint: { hides, tells }, reveals, seen, newest }: AuthorizedRequest): Changes | null {
  const hidden = hides !== undefined && !reveals
  if (!hidden && (tells === undefined || seen === null)) return null
  const told = new ToldContainers()
  return {
    document(found) {
      const kept = tells && tells !== 'events' && seen ? onlySeen(tells, found, seen, newest) : found
      if (hidden) hideValues(kept)
      return kept
    },
    async line(document) {
      if (tells === 'events' && seen && !(await isSeenEvent(document, seen, told))) return false
      if (hidden) hideValues(document)
      return true
    },
  }
}
