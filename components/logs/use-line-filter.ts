'use client'
import { type RefObject, useEffect, useState } from 'react'
import { isFiltering, isPattern, LineFilter } from '#lib/logs/filter.ts'
import type { LogView } from './log-options.ts'
import { sourceRef } from './log-place.ts'
import type { LogScreen } from './log-screen.ts'

/** The screen shows what the view keeps. @returns why an expression is none; null for one that is */
export function useLineFilter(
  screen: RefObject<LogScreen | null>,
  { keep, mode, level, solo, mute }: LogView,
): string | null {
  const [problem, setProblem] = useState<string | null>(null)
  const audible = JSON.stringify([solo, mute])
  useEffect(() => {
    let isLatest = true
    const [only, not] = JSON.parse(audible) as [string[], string[]]
    const use = (filter: LineFilter | null, why: string | null) => {
      if (!isLatest) return
      setProblem(why)
      screen.current?.setFilter(filter, (source) => isMuted(only, not, sourceRef(source)))
    }
    const filter = { keep, mode, level }
    const begin = async () => {
      if (!isFiltering(filter)) return use(null, null)
      if (keep === '' || !isPattern(filter)) return use(new LineFilter(filter, null), null)
      // Only who writes an expression needs what reads it.
      const { compileLogPattern } = await import('#lib/logs/pattern.ts')
      const pattern = compileLogPattern(keep)
      if (pattern.ok) use(new LineFilter(filter, pattern.test), null)
      else use(null, pattern.reason)
    }
    void begin()
    return () => {
      isLatest = false
    }
  }, [screen, keep, mode, level, audible])
  return problem
}

export const isMuted = (solo: readonly string[], mute: readonly string[], ref: string) =>
  solo.length > 0 ? !solo.includes(ref) : mute.includes(ref)
