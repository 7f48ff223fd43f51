import type { IncomingMessage, ServerResponse } from 'node:http'
import { PassThrough } from 'node:stream'
import { finished } from 'node:stream/promises'
import type { Permission } from '#lib/permissions.ts'
import type { Exchanged } from '../engine/exchange.ts'
import { leaveBody } from '../web/upload-body.ts'
import { answerHeaders, isRedirect, redirected } from './answer.ts'
import { readText } from './body.ts'
import type { AuthorizedRequest } from './prepare.ts'
import { refusalTold } from './visible.ts'

/** What reads of these answer with is a tar of any size, and leaves for good: the audit log has it. */
export const tarReads = new Set<Permission>(['containers.export', 'containers.files.read', 'images.save'])

/**
 * As `proxy`, for a tar or another body of any size, in either direction: on a connection of its own to the engine, and
 * as it comes.
 * @param body null where none is handed on
 * @returns the engine's status.
 */
export async function proxyBulk(
  prepared: AuthorizedRequest,
  path: string,
  body: IncomingMessage | null,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<number> {
  const { endpoint, engine, request: asked, seen, called } = prepared
  // Podman takes YAML only without a type.
  const type: Record<string, string> =
    body && endpoint.body === 'tar' ? { 'content-type': 'application/x-tar' } : {}
  const headers = { ...asked.headers, ...type }
  const from = await engine.forwardBulk({ ...asked, path, headers, body, signal })
  try {
    if (from.status >= 400 && (seen || called !== null) && endpoint.method !== 'HEAD')
      await refuse(from, response, prepared)
    else await answer(from, response)
  } finally {
    from.close()
  }
  return from.status
}

async function answer(from: Exchanged, response: ServerResponse): Promise<void> {
  if (isRedirect(from.status)) throw redirected(from.status)
  // A client of HTTP/1.0 (nginx asks so where nobody told it otherwise) knows no chunks.
  const framed = from.framing.kind === 'chunked' && response.req.httpVersion === '1.1'
  const headers = { ...answerHeaders(from.headers), ...(framed ? { 'transfer-encoding': 'chunked' } : {}) }
  response.writeHead(from.status, headers).flushHeaders()
  // The chunks are the engine's, last one and all.
  if (framed) response.chunkedEncoding = false
  // Not through the response, which waits with each piece for the next tick. It has no socket while an answer before it
  // on the same connection goes on.
  const to = from.framing.kind === 'close' ? response : (response.socket ?? response)
  await from.passTo(to, framed)
  leaveBody(response.req)
  response.end()
  await finished(response)
}

async function refuse(from: Exchanged, response: ServerResponse, prepared: AuthorizedRequest): Promise<void> {
  const words = new PassThrough()
  const [text] = await Promise.all([readText(words), from.passTo(words, false).finally(() => words.end())])
  const told = refusalTold(text, prepared)
  leaveBody(response.req)
  const headers = { ...answerHeaders(from.headers), 'content-length': Buffer.byteLength(told) }
  response.writeHead(from.status, headers).end(told)
  await finished(response)
}
