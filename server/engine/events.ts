import type { Transport } from '../transport/types.ts'
import { normaliseEvent, type RawEvent } from './compat.ts'
import { understood } from './errors.ts'
import { parseNdjson, type Reviver } from './ndjson.ts'
import type { EngineEvent } from './types.ts'

/** Docker takes `since` only as seconds with nanoseconds after the point. */
export function nanoToSeconds(nano: bigint): string {
  return `${nano / 1_000_000_000n}.${String(nano % 1_000_000_000n).padStart(9, '0')}`
}

/** `since` is inclusive: rounded up by a hundred nanoseconds, it would leave out the very event it names. */
const exactNano: Reviver = (key, value, context) =>
  key === 'timeNano' && typeof value === 'number' && context?.source ? BigInt(context.source) : value

/**
 * The events of an answer's body, in Docker's words. Ends when the engine closes in order, and throws AppError when the
 * stream is cut (connection_reset) or is no event stream (engine_answer_invalid).
 */
export async function* readEvents(
  body: AsyncIterable<Uint8Array>,
  transport: Transport,
): AsyncGenerator<EngineEvent> {
  try {
    for await (const raw of parseNdjson<RawEvent>(body, exactNano)) {
      const event = understood(() => normaliseEvent(raw))
      if (event) yield event
    }
  } catch (error) {
    throw transport.explain(error)
  }
}
