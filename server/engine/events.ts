import type { Transport } from '../transport/types.ts'
import { normaliseEvent, type RawEvent } from './compat.ts'
import { parseNdjson } from './ndjson.ts'
import type { EngineEvent } from './types.ts'

/** Docker takes `since` only as seconds with nanoseconds after the point. */
export function nanoToSeconds(nano: bigint): string {
  return `${nano / 1_000_000_000n}.${String(nano % 1_000_000_000n).padStart(9, '0')}`
}

/**
 * The events of an answer's body, in Docker's words. Ends when the engine closes in order, and throws AppError when the
 * stream is cut (connection_reset) or is no event stream (engine_answer_invalid).
 */
export async function* readEvents(
  body: AsyncIterable<Uint8Array>,
  transport: Transport,
): AsyncGenerator<EngineEvent> {
  try {
    for await (const raw of parseNdjson<RawEvent>(body)) {
      const event = normaliseEvent(raw)
      if (event) yield event
    }
  } catch (error) {
    throw transport.explain(error)
  }
}
