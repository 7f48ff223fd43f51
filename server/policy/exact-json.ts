import type { Reviver } from '../engine/ndjson.ts'

/** Numbers as they were written: an unlimited ulimit is 2^63-1, which a double cannot hold. */
export const keepNumbers: Reviver = (_key, value, context) =>
  typeof value === 'number' && !Number.isSafeInteger(value) && context?.source !== undefined
    ? (JSON as unknown as { rawJSON(source: string): unknown }).rawJSON(context.source)
    : value

/** JSON, to be written again with its numbers as they were. Throws SyntaxError. */
export function parseExactly(text: string): unknown {
  return JSON.parse(text, keepNumbers)
}
