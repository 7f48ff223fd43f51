'use client'
import { parseAsBoolean, parseAsInteger, parseAsString, parseAsStringLiteral, useQueryStates } from 'nuqs'
import type { LogOptions } from '#lib/contracts/logs.ts'

export const tails = [0, 100, 500, 2000, 10_000] as const
/** Minutes before now. */
export const spans = [5, 15, 60, 360, 1440] as const

/** Everything about a log view is in the URL: a link shows the same. */
export const logParsers = {
  tail: parseAsInteger.withDefault(500),
  /** '15m', or a moment (ISO 8601). */
  since: parseAsString.withDefault(''),
  until: parseAsString.withDefault(''),
  streams: parseAsStringLiteral(['both', 'stdout', 'stderr']).withDefault('both'),
  times: parseAsStringLiteral(['off', 'local', 'utc']).withDefault('local'),
  wrap: parseAsBoolean.withDefault(true),
  json: parseAsStringLiteral(['pretty', 'raw']).withDefault('pretty'),
  levels: parseAsBoolean.withDefault(true),
  find: parseAsString.withDefault(''),
}

export type LogView = ReturnType<typeof useLogView>[0]
export const useLogView = () => useQueryStates(logParsers)

/** Nanoseconds of '15m', '2h', '1d' before `now`, or of a moment; undefined where it is neither. */
export function readMoment(text: string, now: number): string | undefined {
  const relative = /^(\d{1,6})([smhd])$/.exec(text.trim())
  if (relative) {
    const seconds = { s: 1, m: 60, h: 3600, d: 86_400 }[relative[2] as 's' | 'm' | 'h' | 'd']
    return String(BigInt(Math.max(0, Math.round(now - Number(relative[1]) * seconds * 1000))) * 1_000_000n)
  }
  const at = text.trim() === '' ? Number.NaN : Date.parse(text)
  return Number.isNaN(at) || at < 0 ? undefined : String(BigInt(at) * 1_000_000n)
}

/** What is asked of the server. */
export function toRequest(
  view: Pick<LogView, 'tail' | 'since' | 'until' | 'streams'>,
  now: number,
): LogOptions {
  const since = readMoment(view.since, now)
  const until = readMoment(view.until, now)
  return {
    tail: Math.min(Math.max(view.tail, 0), 10_000),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    stdout: view.streams !== 'stderr',
    stderr: view.streams !== 'stdout',
    follow: until === undefined,
  }
}
