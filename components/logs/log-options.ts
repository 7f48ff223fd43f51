'use client'
import {
  parseAsArrayOf,
  parseAsBoolean,
  parseAsInteger,
  parseAsString,
  parseAsStringLiteral,
  useQueryStates,
} from 'nuqs'
import type { LogOptions } from '#lib/contracts/logs.ts'
import { logFilterModes, logLevels } from '#lib/logs/filter.ts'
import { beginningOf, readPlace } from './log-place.ts'
import { readMoment } from './read-moment.ts'

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
  /** Which lines are kept: with this text, or as the mode says, and from this level up. */
  keep: parseAsString.withDefault(''),
  mode: parseAsStringLiteral(logFilterModes).withDefault('text'),
  level: parseAsStringLiteral(logLevels),
  /** Sources by `sourceRef`: those alone, where there are any; those not. */
  solo: parseAsArrayOf(parseAsString).withDefault([]),
  mute: parseAsArrayOf(parseAsString).withDefault([]),
  /** Fields of structured lines that are columns. */
  columns: parseAsArrayOf(parseAsString).withDefault([]),
  /** A moment or a line, as `readPlace` takes it. */
  at: parseAsString.withDefault(''),
}

export type LogView = ReturnType<typeof useLogView>[0]
/** Null: as it is by default. */
export type SetLogView = (change: Partial<{ [K in keyof LogView]: LogView[K] | null }>) => void
export const useLogView = () => useQueryStates(logParsers)

/** What is asked of the server. */
export function toRequest(
  view: Pick<LogView, 'tail' | 'since' | 'until' | 'streams' | 'at'>,
  now: number,
): LogOptions {
  const place = readPlace(view.at, now)
  const since = place ? String(beginningOf(place)) : readMoment(view.since, now)
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
