import { plainLogLine } from './sanitise.ts'

/** Severity of a line, as far as it says so itself. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug'

const words: Record<string, LogLevel> = {
  emerg: 'error',
  alert: 'error',
  crit: 'error',
  critical: 'error',
  fatal: 'error',
  panic: 'error',
  error: 'error',
  err: 'error',
  severe: 'error',
  warning: 'warn',
  warn: 'warn',
  wrn: 'warn',
  notice: 'info',
  info: 'info',
  inf: 'info',
  information: 'info',
  debug: 'debug',
  dbg: 'debug',
  trace: 'debug',
  trc: 'debug',
  verbose: 'debug',
  fine: 'debug',
}
/** pino and bunyan number their levels. */
const numbers: [number, LogLevel][] = [
  [50, 'error'],
  [40, 'warn'],
  [30, 'info'],
  [0, 'debug'],
]
const levelKeys = ['level', 'lvl', 'severity', 'loglevel', 'log.level', '@level', '@l']
/** MongoDB's key for it, with these letters; elsewhere `s` is any field. */
const letterKey = 's'
const letters: Record<string, LogLevel> = { f: 'error', e: 'error', w: 'warn', i: 'info', d: 'debug' }
const messageKeys = ['msg', 'message', '@message', 'event', 'log']
const timeKeys = ['time', 'ts', 'timestamp', '@timestamp', '@t', 'datetime']

/** Longer lines are programs' data, and are shown as they are. */
const longestLogfmt = 16_384

/** What a line says in fields, as JSON or as logfmt. */
export interface StructuredLine {
  level: LogLevel | null
  /** The line's own message; empty where it has none. */
  message: string
  /** What is left, as `key=value`, in its order; times are left out, since each line has one. */
  fields: [key: string, value: string][]
}

/** A line that is one JSON object, or nothing but logfmt's `key=value`; null for every other. */
export function readStructuredLine(text: string): StructuredLine | null {
  const trimmed = plainLogLine(text).trim()
  const entries = readJson(trimmed) ?? readLogfmt(trimmed)
  if (!entries) return null
  const find = (keys: readonly string[]) => entries.find(([key]) => keys.includes(key.toLowerCase()))
  const level =
    find(levelKeys) ?? entries.find(([key, value]) => key === letterKey && letterLevel(value) !== null)
  const message = find(messageKeys)
  const used = new Set([level?.[0], message?.[0], find(timeKeys)?.[0]])
  return {
    level: level ? (level[0] === letterKey ? letterLevel(level[1]) : levelOf(level[1])) : null,
    message: message ? show(message[1]) : '',
    fields: entries.filter(([key]) => !used.has(key)).map(([key, field]) => [key, show(field)]),
  }
}

function readJson(text: string): [key: string, value: unknown][] | null {
  if (!text.startsWith('{') || !text.endsWith('}')) return null
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? Object.entries(value) : null
  } catch {
    return null
  }
}

const pair = /([A-Za-z_@][\w.@/-]*)=(?:"((?:[^"\\]|\\.)*)"|([^\s"=]*))(?:\s+|$)/y

/** At least two pairs and nothing in between, so that no sentence with an equals sign is taken for it. */
function readLogfmt(text: string): [key: string, value: string][] | null {
  if (text.length > longestLogfmt) return null
  const entries = new Map<string, string>()
  pair.lastIndex = 0
  while (pair.lastIndex < text.length) {
    const found = pair.exec(text)
    if (!found) return null
    const [, key = '', quoted, bare = ''] = found
    entries.set(key, quoted === undefined ? bare : unquote(quoted))
  }
  return entries.size >= 2 ? [...entries] : null
}

const unquote = (quoted: string) =>
  quoted.replace(/\\(.)/g, (_, escaped: string) => ({ n: ' ', t: '\t' })[escaped] ?? escaped)

const letterLevel = (value: unknown) =>
  typeof value === 'string' && /^[fewid][1-5]?$/i.test(value)
    ? (letters[value.slice(0, 1).toLowerCase()] ?? null)
    : null

const show = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))

function levelOf(value: unknown): LogLevel | null {
  if (typeof value === 'number') return numbers.find(([least]) => value >= least)?.[1] ?? null
  return typeof value === 'string' ? (words[value.toLowerCase()] ?? null) : null
}

/** A level where programs put it: the first word, in brackets, after a time, or as level=. Not any word of a sentence. */
const marked =
  /(?:^|[\s|])(?:level|lvl|severity)=["']?([a-z]+)|(?:^|[\s|])\[\s*([a-z]+)\s*\]|^(?:[\d:.,TZ/+-]+\s+){0,3}<?([a-z]+)>?(?:[:\]|]|\s+[-|:]|\s{2,}|\s+\[)|(?:^|[\s|])([A-Z]{3,8})(?=[\s:|\]])/gi

/** klog's, of Kubernetes and what is made with it: the level's letter, month and day. */
const klog = /^([IWEFD])\d{4} \d\d:\d\d:/
/** Words that are tried: the first may be a time zone or the name of a part. */
const triedWords = 4

export function logLevel(text: string): LogLevel | null {
  const letter = klog.exec(text)?.[1]
  if (letter) return letters[letter.toLowerCase()] ?? null
  let tried = 0
  for (const [, named, bracketed, first, upper] of text.slice(0, 200).matchAll(marked)) {
    const word = named ?? bracketed ?? first ?? (upper === upper?.toUpperCase() ? upper : undefined)
    const level = word && words[word.toLowerCase()]
    if (level) return level
    if (++tried === triedWords) break
  }
  return null
}

/** What a line says of itself: in its field, or where programs put the word. */
export const lineLevel = (text: string): LogLevel | null =>
  readStructuredLine(text)?.level ?? logLevel(plainLogLine(text.slice(0, 400)))
