'use client'
import { type RefObject, useCallback, useEffect, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { apiUrl } from '#components/data/api.ts'
import { useThemeMode } from '#components/ui/theme.ts'
import type { LogSelection, LogServerFrame, LogSource } from '#lib/contracts/logs.ts'
import { LogClient } from './log-client.ts'
import { type LogView, toRequest } from './log-options.ts'
import { LogScreen, type ScreenState } from './log-screen.ts'

export interface LogStatus {
  sources: readonly LogSource[]
  connected: boolean
  /** The server has paused the engines for us. */
  slow: boolean
  left: number
  error: Extract<LogServerFrame, { type: 'error' }>['error'] | null
  /** Sources whose beginning has been reached. */
  complete: ReadonlySet<number>
  loadingOlder: boolean
}

const nothingYet: LogStatus = {
  ...{ sources: [], connected: false, slow: false, left: 0, error: null },
  ...{ complete: new Set<number>(), loadingOlder: false },
}
const startState: ScreenState = { following: true, waiting: 0, dropped: 0, atTop: true, found: null }
const olderLines = 500

/** Text, so that an equal selection made anew does not begin the log again. */
export const askedOf = (selection: LogSelection, view: LogView) =>
  JSON.stringify([selection, view.tail, view.since, view.until, view.streams])

/** Ties a log's connection to a terminal in the page; both last as long as what is asked for stays the same. */
export function useLogScreen(
  element: RefObject<HTMLDivElement | null>,
  /** As `askedOf` gives it; the component is made anew when it changes. */
  asked: string,
  view: LogView,
) {
  const t = useTranslations('logs')
  const theme = useThemeMode()
  const screen = useRef<LogScreen | null>(null)
  const client = useRef<LogClient | null>(null)
  const [status, setStatus] = useState(nothingYet)
  const [state, setState] = useState(startState)
  const look = { timestamps: view.times, json: view.json, levels: view.levels, theme } as const
  const latest = useRef({ look, wrap: view.wrap, t })
  useEffect(() => {
    latest.current = { look, wrap: view.wrap, t }
  })

  useEffect(() => {
    const place = element.current
    if (!place) return
    const update = (change: Partial<LogStatus>) => setStatus((before) => ({ ...before, ...change }))
    const [chosen, tail, since, until, streams] = JSON.parse(asked) as [
      LogSelection,
      number,
      string,
      string,
      LogView['streams'],
    ]
    const current = new LogScreen(place, {
      ...{ look: latest.current.look, wrap: latest.current.wrap },
      gapText: (from, to) => latest.current.t('gap', { from: shortTime(from), to: shortTime(to) }),
      onState: setState,
      onTaken: (lines) => connection.taken(lines),
    })
    const connection = new LogClient(
      () => new WebSocket(new URL(apiUrl('/api/logs'), window.location.href.replace(/^http/, 'ws'))),
      { selection: chosen, options: toRequest({ tail, since, until, streams }, Date.now()) },
      {
        sources(sources) {
          current.setSources(sources)
          update({ sources, error: null })
        },
        rows: (rows) => current.add(rows),
        gap: (source, from, to) => current.addGap(source, from, to),
        older(source, rows, more) {
          current.addOlder(rows)
          setStatus((before) => ({
            ...before,
            loadingOlder: false,
            complete: more ? before.complete : new Set([...before.complete, source]),
          }))
        },
        slow: (slow) => update({ slow }),
        error: (error) => update({ error, loadingOlder: false }),
        tooMany: (left) => update({ left }),
        connected: (connected) => update({ connected, loadingOlder: false }),
      },
    )
    screen.current = current
    client.current = connection
    connection.open()
    return () => {
      connection.close()
      current.dispose()
      screen.current = null
    }
  }, [element, asked])

  useEffect(() => {
    screen.current?.setLook(
      { timestamps: view.times, json: view.json, levels: view.levels, theme },
      view.wrap,
    )
  }, [view.times, view.json, view.levels, view.wrap, theme])

  const older = useCallback(() => {
    setStatus((before) => ({ ...before, loadingOlder: true }))
    for (const source of status.sources) {
      const first = screen.current?.first(source.index)
      if (first && !status.complete.has(source.index)) {
        client.current?.older(source.index, first.time, first.shown, olderLines)
        return
      }
    }
    setStatus((before) => ({ ...before, loadingOlder: false }))
  }, [status])

  return { screen, status, state, older }
}

const shortTime = (nanos: string) => new Date(Number(BigInt(nanos) / 1_000_000n)).toLocaleTimeString()
