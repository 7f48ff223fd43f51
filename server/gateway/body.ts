import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { parseNdjson } from '../engine/ndjson.ts'
import { AppError } from '../errors.ts'
import { keepNumbers, parseExactly } from '../policy/exact-json.ts'
import { hideValues } from '../redact.ts'

/** A container with thousands of mounts and labels stays far below. */
const maximumJsonBytes = 4 * 1024 * 1024
/** One answer that values are taken out of: all volumes of a host at most. */
const maximumAnswerBytes = 64 * 1024 * 1024
/** Milliseconds for a JSON body to arrive. */
const deadlineMs = 30_000

/** Whether a request announces a body. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

/**
 * Reads a JSON body and writes it anew, so that engine and we mean the same bytes: no key twice, nothing behind the
 * end. Null when there is none. Throws gateway_body.
 */
export async function readJson(request: IncomingMessage): Promise<string | null> {
  if (!hasBody(request)) return null
  const timer = setTimeout(() => request.destroy(), deadlineMs)
  try {
    const value = parseExactly(await readAll(request, maximumJsonBytes))
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new AppError('gateway_body')
    return JSON.stringify(value)
  } catch (cause) {
    throw cause instanceof AppError ? cause : new AppError('gateway_body', { cause })
  } finally {
    clearTimeout(timer)
  }
}

/** An engine's answer without the values that its reader may not see. Throws engine_answer_invalid. */
export async function readHidden(body: Readable): Promise<string> {
  try {
    const document = parseExactly(await readAll(body, maximumAnswerBytes))
    hideValues(document)
    return JSON.stringify(document)
  } catch (cause) {
    throw new AppError('engine_answer_invalid', { detail: (cause as Error).message, cause })
  }
}

/** As `readHidden`, for a stream of JSON documents, a line each, as they come. Throws engine_answer_invalid. */
export async function* hideLines(body: AsyncIterable<Buffer>): AsyncGenerator<string> {
  for await (const document of parseNdjson(body, keepNumbers)) {
    hideValues(document)
    yield `${JSON.stringify(document)}\n`
  }
}

async function readAll(body: Readable, maximum: number): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of body.iterator({ destroyOnReturn: false })) {
    length += (chunk as Buffer).length
    if (length > maximum) throw new AppError('gateway_body', { detail: `More than ${maximum} bytes` })
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks).toString('utf8')
}
