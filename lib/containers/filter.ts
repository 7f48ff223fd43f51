import type { Container } from '../contracts/containers.ts'
import type { Host } from '../contracts/hosts.ts'
import { managerOf } from './managed-by.ts'

/** Fields of the filter language, `field:value` with commas between alternatives; `name~text` and a bare word search. */
export const filterFields = [
  'host',
  'tag',
  'state',
  'health',
  'image',
  'stack',
  'manager',
  'label',
  'name',
] as const
export type FilterField = (typeof filterFields)[number]

export interface FilterTerm {
  /** 'text' is a bare word: name, image or id. */
  field: FilterField | 'text'
  negated: boolean
  /** Any of these. Lower case. */
  values: string[]
  /** Where it stands in the text. */
  from: number
  to: number
}

export interface FilterProblem {
  reason: 'unknownField' | 'emptyValue' | 'openQuote'
  text: string
  from: number
  to: number
}

export type ParsedFilter = { ok: true; terms: FilterTerm[] } | { ok: false; problem: FilterProblem }

/** Words, with quotes keeping spaces together: `stack:"my shop" -state:running web`. */
const token = /(?:[^\s"]|"[^"]*"|"[^"]*$)+/g

/** Parses a filter. An unknown field is a problem and not a word to search: a typo must not look like no match. */
export function parseContainerFilter(text: string): ParsedFilter {
  const terms: FilterTerm[] = []
  for (const match of text.matchAll(token)) {
    const from = match.index
    const to = from + match[0].length
    const problem = (reason: FilterProblem['reason'], part = match[0]): ParsedFilter => ({
      ok: false,
      problem: { reason, text: part, from, to },
    })
    if ((match[0].match(/"/g)?.length ?? 0) % 2 === 1) return problem('openQuote')
    const negated = match[0].startsWith('-') && match[0].length > 1
    const word = negated ? match[0].slice(1) : match[0]
    const split = /^([a-z]+)([:~])(.*)$/s.exec(word)
    if (!split || word.startsWith('"')) {
      terms.push({ field: 'text', negated, values: [unquote(word).toLowerCase()], from, to })
      continue
    }
    const field = filterFields.find((candidate) => candidate === split[1])
    // A colon also stands in image references and ports (web:1.0): only a plain word before it can be a mistyped field.
    if (!field) {
      if (/[\d/.]/.test(split[3] ?? '')) {
        terms.push({ field: 'text', negated, values: [unquote(word).toLowerCase()], from, to })
        continue
      }
      return problem('unknownField', split[1])
    }
    const values = splitValues(split[3] as string)
    if (values.length === 0) return problem('emptyValue', field)
    terms.push({ field, negated, values, from, to })
  }
  return { ok: true, terms }
}

function splitValues(text: string): string[] {
  return [...text.matchAll(/(?:[^,"]|"[^"]*")+/g)]
    .map((part) => unquote(part[0]).toLowerCase())
    .filter(Boolean)
}

const unquote = (text: string) => text.replaceAll('"', '')

/** Whether a container passes every term. */
export function matchesFilter(
  terms: readonly FilterTerm[],
  container: Container,
  host: Host | undefined,
): boolean {
  return terms.every(
    (term) => term.values.some((value) => matchesValue(term.field, value, container, host)) !== term.negated,
  )
}

/**
 * Why nothing matches: the word without which most would be left, or one that fits nothing at all. Null where something
 * matches, or no single word is to blame.
 */
export function whatExcludes(
  text: string,
  terms: readonly FilterTerm[],
  containers: readonly Container[],
  hosts: ReadonlyMap<string, Host>,
): { word: string; without: number } | null {
  const left = (kept: readonly FilterTerm[]) =>
    containers.filter((container) => matchesFilter(kept, container, hosts.get(container.hostId))).length
  if (terms.length === 0 || left(terms) > 0) return null
  const [worst] = terms
    .map((term) => ({ word: text.slice(term.from, term.to), without: left(terms.filter((t) => t !== term)) }))
    .sort((a, b) => b.without - a.without)
  if (worst && worst.without > 0) return worst
  const empty = terms.find((term) => left([term]) === 0)
  return empty ? { word: text.slice(empty.from, empty.to), without: 0 } : null
}

function matchesValue(
  field: FilterTerm['field'],
  value: string,
  container: Container,
  host: Host | undefined,
): boolean {
  const has = (text: string | null | undefined) => (text ?? '').toLowerCase().includes(value)
  switch (field) {
    case 'text':
      return (
        has(container.name) || has(container.image) || container.id.startsWith(value) || has(container.stack)
      )
    case 'name':
      return has(container.name)
    case 'host':
      return host?.name.toLowerCase() === value || container.hostId === value
    case 'tag':
      return host?.tags.some((tag) => tag.toLowerCase() === value) ?? false
    case 'state':
      return container.state === value
    case 'health':
      return container.health === value
    case 'image':
      return (
        has(container.image) ||
        container.imageId.replace('sha256:', '').startsWith(value.replace('sha256:', ''))
      )
    case 'stack':
      return (container.stack ?? 'none').toLowerCase() === value
    case 'manager':
      return (managerOf(container)?.kind ?? 'none') === value
    case 'label': {
      const [key = '', wanted] = value.split('=', 2)
      const found = Object.entries(container.labels).find(([name]) => name.toLowerCase() === key)
      return found !== undefined && (wanted === undefined || found[1].toLowerCase() === wanted)
    }
  }
}

/**
 * What can be typed at the cursor: fields while a word is begun, values of the fleet after `field:`. `replaceFrom` is
 * where the chosen text goes, up to the cursor.
 */
export function suggestFilter(
  text: string,
  cursor: number,
  values: Record<FilterField, readonly string[]>,
): { replaceFrom: number; options: string[] } {
  const before = text.slice(0, cursor)
  const start = before.search(/(?:[^\s"]|"[^"]*")*$|"[^"]*$/)
  const word = before.slice(start).replace(/^-/, '')
  const wordStart = cursor - word.length
  const colon = word.indexOf(':')
  if (colon < 0) {
    const options = filterFields
      .filter((field) => field.startsWith(word.toLowerCase()))
      .map((field) => `${field}:`)
    return {
      replaceFrom: wordStart,
      options: word === '' ? filterFields.map((field) => `${field}:`) : options,
    }
  }
  const field = filterFields.find((candidate) => candidate === word.slice(0, colon))
  if (!field) return { replaceFrom: wordStart, options: [] }
  const typed = word.slice(Math.max(colon, word.lastIndexOf(',')) + 1)
  const needle = typed.replaceAll('"', '').toLowerCase()
  const options = values[field]
    .filter((value) => value.toLowerCase().includes(needle))
    .slice(0, 12)
    .map((value) => (/[\s,]/.test(value) ? `"${value}"` : value))
  return { replaceFrom: cursor - typed.length, options }
}
