import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { EngineAnswer } from '../engine/request.ts'
import { AppError } from '../errors.ts'
import { receiveBody } from '../http/upload-body.ts'
import { answerHeaders } from './answer.ts'
import { hasBody, hideLines, readHidden, readJson } from './body.ts'
import type { Prepared } from './prepare.ts'

/**
 * Hands a prepared request to its engine and the answer back, streamed both ways as fast as the slower end takes it.
 * `signal` ends both. Throws what the engine's transport met; an answer that had begun is cut, so that it does not look
 * whole.
 * @returns the engine's status.
 */
export async function proxy(
  prepared: Prepared,
  request: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<number> {
  const { endpoint, engine } = prepared
  const ask = async (body: Readable | string | null, type?: string) => {
    const headers = { ...prepared.request.headers, ...(type ? { 'content-type': type } : {}) }
    const from = await engine.forward({ ...prepared.request, headers, body, signal })
    await answer(prepared, from, response, signal)
    return from.status
  }
  if (endpoint.body === 'json') {
    const body = await readJson(request)
    return ask(body, body === null ? undefined : 'application/json')
  }
  if (endpoint.body && hasBody(request)) {
    // Podman takes YAML only without a type.
    const type = endpoint.body === 'tar' ? 'application/x-tar' : undefined
    return receiveBody(request, (body) => ask(body, type))
  }
  if (endpoint.hijack === 'h2c') throw new AppError('gateway_no_stream')
  // An endpoint that takes no body is not handed one.
  request.resume()
  return ask(null)
}

async function answer(
  { endpoint, reveals, buildKit }: Prepared,
  from: EngineAnswer,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  if (from.status >= 300 && from.status < 400 && from.status !== 304) {
    from.body.resume()
    throw new AppError('engine_answer_invalid', { detail: `A redirect, ${from.status}` })
  }
  const headers = answerHeaders(from.headers, buildKit)
  const hides = reveals || from.status !== 200 ? undefined : endpoint.hides
  if (hides === 'values') {
    const text = await readHidden(from.body)
    response.writeHead(200, { ...headers, 'content-length': Buffer.byteLength(text) }).end(text)
    return
  }
  if (endpoint.hijack) {
    // A raw stream of an older client, who reads the bare connection: it must not be cut into chunks.
    response.useChunkedEncodingByDefault = false
    response.shouldKeepAlive = false
  }
  response.writeHead(from.status, headers)
  if (endpoint.method === 'HEAD' || from.status === 204 || from.status === 304) {
    from.body.resume()
    response.end()
    return
  }
  // `wait` and `events` answer at once and say something hours later.
  response.flushHeaders()
  if (hides === 'lines') await pipeline(from.body, hideLines, response, { signal })
  else await pipeline(from.body, response, { signal })
}
