/** Severity of a line, as far as it says so itself. */
export type LogLevel = 'error' | 'warn' | 'info' | 'debug'

const words: Record<string, LogLevel> = {
  ...{ emerg: 'error', alert: 'error', crit: 'error', critical: 'error', fatal: 'error', panic: 'error' },
  ...{ error: 'error', err: 'error', severe: 'error', warning: 'warn', warn: 'warn', wrn: 'warn' },
  ...{ notice: 'info', info: 'info', inf: 'info', information: 'info' },
  ...{ debug: 'debug', dbg: 'debug', trace: 'debug', trc: 'debug', verbose: 'debug', fine: 'debug' },
}
/** pino and bunyan number their levels. */
const numbers: [number, LogLevel][] = [
  [50, 'error'],
  [40, 'warn'],
  [30, 'info'],
  [0, 'debug'],
]
const levelKeys = ['level', 'lvl', 'severity', 'loglevel', 'log.level', '@level']
const messageKeys = ['msg', 'message', '@message', 'event', 'log']
const timeKeys = ['time', 'ts', 'timestamp', '@timestamp', '@t', 'datetime']

export interface JsonLine {
  level: LogLevel | null
  /** The line's own message; empty where it has none. */
  message: string
  /** What is left, as `key=value`, in its order; times are left out, since each line has one. */
  fields: [key: string, value: string][]
}

/** A line that is one JSON object; null for every other. */
export function readJsonLine(text: string): JsonLine | null {
  const trimmed = text.trim()
  if (!trimmed.startsWith('{') || !trimmed.endsWith('}')) return null
  let value: unknown
  try {
    value = JSON.parse(trimmed)
  } catch {
    return null
  }
  if (typeof value !== 'object' || value === null) return null
  const entries = Object.entries(value)
  const find = (keys: readonly string[]) => entries.find(([key]) => keys.includes(key.toLowerCase()))
  const level = find(levelKeys)
  const message = find(messageKeys)
  const used = new Set([level?.[0], message?.[0], find(timeKeys)?.[0]])
  return {
    level: level ? levelOf(level[1]) : null,
    message: message ? show(message[1]) : '',
    fields: entries.filter(([key]) => !used.has(key)).map(([key, field]) => [key, show(field)]),
  }
}

const show = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))

function levelOf(value: unknown): LogLevel | null {
  if (typeof value === 'number') return numbers.find(([least]) => value >= least)?.[1] ?? null
  return typeof value === 'string' ? (words[value.toLowerCase()] ?? null) : null
}

/** A level where programs put it: the first word, in brackets, after a time, or as level=. Not any word of a sentence. */
const marked =
  /(?:^|[\s|])(?:level|lvl|severity)=["']?([a-z]+)|(?:^|[\s|])\[\s*([a-z]+)\s*\]|^(?:[\d:.,TZ/+-]+\s+){0,3}<?([a-z]+)>?(?:[:\]|]|\s+[-|:]|\s{2,}|\s+\[)|(?:^|[\s|])([A-Z]{3,8})(?=[\s:|\]])/i

export function logLevel(text: string): LogLevel | null {
  const found = marked.exec(text.slice(0, 200))
  if (!found) return null
  const [, named, bracketed, first, upper] = found
  const word = named ?? bracketed ?? first ?? (upper === upper?.toUpperCase() ? upper : undefined)
  return (word ? words[word.toLowerCase()] : null) ?? null
}
