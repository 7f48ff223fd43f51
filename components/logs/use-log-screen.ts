'use client'
import { type RefObject, useCallback, useEffect, useMemo, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { openSocket } from '#components/data/reconnecting-socket.ts'
import { usePermission } from '#components/data/use-session.ts'
import { useThemeMode } from '#components/ui/theme.ts'
import type { LogSelection, LogServerFrame, LogSource } from '#lib/contracts/logs.ts'
import type { LogLook } from './format-line.ts'
import { LogClient } from './log-client.ts'
import { type LogView, toRequest } from './log-options.ts'
import { readPlace } from './log-place.ts'
import { LogScreen } from './log-screen.ts'
import { startState } from './screen-state.ts'
import { useLineFilter } from './use-line-filter.ts'
import { useStarts } from './use-starts.ts'

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
  sources: [],
  connected: false,
  slow: false,
  left: 0,
  error: null,
  complete: new Set<number>(),
  loadingOlder: false,
}
const olderLines = 500

/** Text, so that an equal selection made anew does not begin the log again. */
export const askedOf = (selection: LogSelection, view: LogView) =>
  JSON.stringify([selection, view.tail, view.since, view.until, view.streams, view.at])

/** Ties a log's connection to a terminal in the page; both last as long as what is asked for stays the same. */
export function useLogScreen(
  element: RefObject<HTMLDivElement | null>,
  /** As `askedOf` gives it; the component is made anew when it changes. */
  asked: string,
  view: LogView,
  /** A line was clicked. */
  onClick: () => void,
) {
  const t = useTranslations('logs')
  const theme = useThemeMode()
  const screen = useRef<LogScreen | null>(null)
  const client = useRef<LogClient | null>(null)
  const [status, setStatus] = useState(nothingYet)
  const [state, setState] = useState(startState)
  const { times, json, levels, wrap } = view
  const columns = view.columns.join(',')
  const look = useMemo(
    (): LogLook => ({ timestamps: times, json, levels, theme, columns: columns ? columns.split(',') : [] }),
    [times, json, levels, theme, columns],
  )
  const mayRead = usePermission('containers.logs')
  const latest = useRef({ look, wrap, t, onClick, mayRead })
  useEffect(() => {
    latest.current = { look, wrap, t, onClick, mayRead }
  })

  useEffect(() => {
    const place = element.current
    if (!place) return
    const update = (change: Partial<LogStatus>) => setStatus((before) => ({ ...before, ...change }))
    const [chosen, tail, since, until, streams, at] = JSON.parse(asked) as [
      LogSelection,
      number,
      string,
      string,
      LogView['streams'],
      string,
    ]
    const current = new LogScreen(place, {
      look: latest.current.look,
      wrap: latest.current.wrap,
      words: {
        gap: (from, to) => latest.current.t('gap', { from: shortTime(from), to: shortTime(to) }),
        day: longDay,
        started: (name, time) => latest.current.t('started', { name, time: shortTime(time) }),
      },
      place: readPlace(at, Date.now()),
      onState: setState,
      onClick: () => latest.current.onClick(),
      onTaken: (lines) => connection.taken(lines),
    })
    const connection = new LogClient(
      () => (latest.current.mayRead ? openSocket('/api/logs') : null),
      { selection: chosen, options: toRequest({ tail, since, until, streams, at }, Date.now()) },
      {
        sources(sources) {
          current.setSources(sources)
          update({ sources, error: null })
        },
        rows: (rows, begins) => current.add(rows, begins),
        gap: (source, from, to) => current.addGap(source, from, to),
        older(source, rows, more, begin) {
          current.addOlder(source, rows, begin)
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
    screen.current?.setLook(look, wrap)
  }, [look, wrap])
  const problem = useLineFilter(screen, view)
  useStarts(screen, status.sources)

  const older = useCallback(() => {
    setStatus((before) => ({ ...before, loadingOlder: true }))
    for (const source of status.sources) {
      const first = screen.current?.first(source.index)
      if (first && !status.complete.has(source.index)) {
        client.current?.older(source.index, first, olderLines)
        return
      }
    }
    setStatus((before) => ({ ...before, loadingOlder: false }))
  }, [status])

  return { screen, status, state, older, problem }
}

const shortTime = (nanos: string) => new Date(Number(BigInt(nanos) / 1_000_000n)).toLocaleTimeString()
const longDay = (day: string) =>
  new Date(`${day}T12:00:00`).toLocaleDateString(undefined, { dateStyle: 'full' })
