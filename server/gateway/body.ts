import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { keepNumbers, parseExactly } from '../create-policy/exact-json.ts'
import { parseNdjson } from '../engine/ndjson.ts'
import { AppError } from '../errors.ts'

/** Far more than a container with thousands of mounts, or a configuration of a swarm, has. */
const maximumJsonBytes = 8 * 1024 * 1024
/** Of those that are held to a policy: engines' own filters have overlooked what comes after as much (CVE-2026-34040). */
const maximumHeldBytes = 1024 * 1024
/** One answer that values are taken out of: all volumes of a host at most. */
const maximumAnswerBytes = 64 * 1024 * 1024
/** What an engine says in place of an answer. */
const maximumRefusalBytes = 1024 * 1024
/** Milliseconds for a JSON body to arrive. */
const deadlineMs = 30_000

/** Whether a request announces a body. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
}

/**
 * Reads a JSON body and writes it anew, so that engine and we mean the same bytes: no key twice, nothing behind the
 * end. Null when there is none. Throws gateway_body, gateway_size.
 * @param held as it came, to be read by a policy; throws policy_size as well
 * @param isList a list in place of an object
 */
export async function readJson(
  request: IncomingMessage,
  held: boolean,
  isList = false,
): Promise<string | null> {
  if (!hasBody(request)) return null
  const timer = setTimeout(() => request.destroy(), deadlineMs)
  try {
    const text = await readAll(request, held ? maximumHeldBytes : maximumJsonBytes, held)
    const value = parseExactly(text)
    // What the docker command commits with when it changes nothing.
    if (value === null) return 'null'
    if (typeof value !== 'object' || value === null || Array.isArray(value) !== isList)
      throw new AppError('gateway_body')
    return held ? text : JSON.stringify(value)
  } catch (cause) {
    throw cause instanceof AppError ? cause : new AppError('gateway_body', { cause })
  } finally {
    clearTimeout(timer)
  }
}

/** What is changed about an answer: what is not seen taken out, values hidden. */
export interface Changes {
  /** Of a document as a whole. */
  document(document: unknown): unknown
  /** Of one in a stream: false when it is left out. */
  line(document: unknown): Promise<boolean>
}

/** An engine's answer with what is changed about it. Throws engine_answer_invalid. */
export async function readChanged(body: Readable, { document }: Changes): Promise<string> {
  return JSON.stringify(document(await readAnswer(body)))
}

/** An engine's answer of one document. Throws engine_answer_invalid. */
export async function readAnswer(body: Readable): Promise<unknown> {
  try {
    return parseExactly(await readAll(body, maximumAnswerBytes))
  } catch (cause) {
    throw new AppError('engine_answer_invalid', { detail: (cause as Error).message, cause })
  }
}

/** An engine's refusal, as text. Throws engine_answer_invalid. */
export async function readText(body: Readable): Promise<string> {
  try {
    return await readAll(body, maximumRefusalBytes)
  } catch (cause) {
    throw new AppError('engine_answer_invalid', { detail: (cause as Error).message, cause })
  }
}

/** As `readChanged`, for a stream of JSON documents, a line each, as they come. Throws engine_answer_invalid. */
export async function* changeLines(body: AsyncIterable<Buffer>, { line }: Changes): AsyncGenerator<string> {
  for await (const document of parseNdjson(body, keepNumbers))
    if (await line(document)) yield `${JSON.stringify(document)}\n`
}

async function readAll(body: Readable, maximum: number, held = false): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of body.iterator({ destroyOnReturn: false })) {
    length += (chunk as Buffer).length
    if (length > maximum)
      throw new AppError(held ? 'policy_size' : 'gateway_size', {
        params: { limit: maximum },
        detail: `More than ${maximum} bytes`,
      })
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks).toString('utf8')
}
