import type { Reviver } from '../engine/ndjson.ts'
import { refuse } from './read.ts'

/** Numbers as they were written: an unlimited ulimit is 2^63-1, which a double cannot hold. */
export const keepNumbers: Reviver = (_key, value, context) =>
  typeof value === 'number' && !Number.isSafeInteger(value) && context?.source !== undefined
    ? (JSON as unknown as { rawJSON(source: string): unknown }).rawJSON(context.source)
    : value

/** JSON, to be written again with its numbers as they were. Throws SyntaxError. */
export function parseExactly(text: string): unknown {
  return JSON.parse(text, keepNumbers)
}

/** As `parseExactly`; throws policy_field for a key that an object has twice, of which each reader takes another one. */
export function parseOnce(text: string): unknown {
  const value = parseExactly(text)
  /** The keys so far of each object that is open; null for a list. */
  const open: (Set<string> | null)[] = []
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '{') open.push(new Set())
    else if (character === '[') open.push(null)
    else if (character === '}' || character === ']') open.pop()
    else if (character === '"') {
      const from = at
      for (at++; text[at] !== '"'; at++) if (text[at] === '\\') at++
      const keys = open.at(-1)
      if (!keys || !isKey(text, at + 1)) continue
      const key = JSON.parse(text.slice(from, at + 1)) as string
      if (keys.has(key)) refuse(key, 'twice')
      keys.add(key)
    }
  }
  return value
}

function isKey(text: string, from: number): boolean {
  let at = from
  while (/\s/.test(text[at] ?? 'x')) at++
  return text[at] === ':'
}
