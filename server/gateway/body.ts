import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { AppError } from '../errors.ts'
import { hideBuildValues, hideEnvironment } from '../redact.ts'
import type { GatewayEndpoint } from './table.ts'

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
export async function readHidden(
  hides: NonNullable<GatewayEndpoint['hides']>,
  body: Readable,
): Promise<string> {
  try {
    const document = parseExactly(await readAll(body, maximumAnswerBytes)) as never
    hide[hides](document)
    return JSON.stringify(document)
  } catch (cause) {
    throw new AppError('engine_answer_invalid', { detail: (cause as Error).message, cause })
  }
}

interface Options {
  Options?: Record<string, unknown> | null
}

/** A network share's password is among its options. */
const hideOptions = (volume: Options) => {
  for (const name of Object.keys(volume.Options ?? {})) (volume.Options as Record<string, unknown>)[name] = ''
}

const hide: Record<NonNullable<GatewayEndpoint['hides']>, (document: never) => void> = {
  environment: hideEnvironment,
  buildValues: (steps: { CreatedBy?: string }[]) => {
    for (const step of steps) step.CreatedBy = hideBuildValues(step.CreatedBy ?? '')
  },
  volumeOptions: hideOptions,
  volumesOptions: ({ Volumes }: { Volumes?: Options[] | null }) => {
    for (const volume of Volumes ?? []) hideOptions(volume)
  },
}

/** JSON with its numbers as they were written: an unlimited ulimit is 2^63-1, which a double cannot hold. */
function parseExactly(text: string): unknown {
  return JSON.parse(text, (_key, value, context?: { source?: string }) =>
    typeof value === 'number' && !Number.isSafeInteger(value) && context?.source !== undefined
      ? (JSON as unknown as { rawJSON(source: string): unknown }).rawJSON(context.source)
      : value,
  )
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
