'use client'
import { ArrowDown, ArrowUp, ChevronsDown, ChevronsUp, Pause, Play } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { Button } from '#components/ui/button.tsx'
import { CopyButton } from '#components/ui/copy-button.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { IconButton } from '#components/ui/icon-button.tsx'
import { Input } from '#components/ui/input.tsx'
import { useShortcut } from '#components/ui/shortcuts.ts'
import type { LogSelection } from '#lib/contracts/logs.ts'
import { keptLines } from './kept-lines.ts'
import { LineDetails } from './line-details.tsx'
import { LogDownload } from './log-download.tsx'
import { LogKeep } from './log-keep.tsx'
import { LogMenu } from './log-menu.tsx'
import { useLogView } from './log-options.ts'
import { writePlace } from './log-place.ts'
import { LogSources } from './log-sources.tsx'
import { askedOf, useLogScreen } from './use-log-screen.ts'

/** Logs of one container or many, in time order, as they are written. All of the view is in the URL. */
export function LogViewer({ selection }: { selection: LogSelection }) {
  const [view] = useLogView()
  const asked = askedOf(selection, view)
  return <OneLog key={asked} asked={asked} selection={selection} />
}

function OneLog({ asked, selection }: { asked: string; selection: LogSelection }) {
  const t = useTranslations('logs')
  const place = useRef<HTMLDivElement>(null)
  const search = useRef<HTMLInputElement>(null)
  const [view, setView] = useLogView()
  const keep = useRef<HTMLInputElement>(null)
  const [isOpen, setOpen] = useState(view.at !== '')
  const { screen, status, state, older, problem } = useLogScreen(place, asked, view, () => setOpen(true))
  const { picked } = state
  // What is read from a place on may be long ago: the end is a log that begins anew.
  const toEnd = () => (view.at === '' ? screen.current?.follow() : void setView({ at: null }))
  const toggle = () => (state.following ? screen.current?.hold() : toEnd())
  const move = (by: 1 | -1) => () => screen.current?.move(by)
  useShortcut(' ', toggle, { group: 'list', label: t('pause') })
  useShortcut('/', () => search.current?.focus(), { group: 'list', label: t('search') })
  useShortcut('n', () => screen.current?.find(view.find, 'next'), { group: 'list', label: t('next') })
  useShortcut('N', () => screen.current?.find(view.find, 'previous'), { group: 'list', label: t('previous') })
  useShortcut('f', () => keep.current?.focus(), { group: 'list', label: t('keep.label') })
  useShortcut('J', move(1), { group: 'list', label: t('details.next') })
  useShortcut('K', move(-1), { group: 'list', label: t('details.previous') })
  useShortcut('e', () => setOpen(!isOpen), { group: 'list', label: t('details.label') })
  useShortcut('G', toEnd, { group: 'list', label: t('toEnd') })
  useShortcut('w', () => void setView({ wrap: !view.wrap }), { group: 'list', label: t('wrap') })
  useShortcut('PageUp', () => screen.current?.scrollPages(-1), { group: 'list', label: t('pageUp') })
  useShortcut('PageDown', () => screen.current?.scrollPages(1), { group: 'list', label: t('pageDown') })

  const { find } = view
  useEffect(() => {
    screen.current?.find(find, 'first')
  }, [find, screen])

  const complete = status.sources.every((source) => status.complete.has(source.index))
  return (
    <section aria-label={t('title')} className="fill">
      <div className="flex shrink-0 flex-wrap items-center gap-1.5 px-4 py-1.5 md:flex-nowrap md:px-5">
        <Button inPreview size="sm" onClick={toggle} aria-pressed={!state.following}>
          {state.following ? <Pause aria-hidden /> : <Play aria-hidden />}
          <span className="max-md:sr-only">{state.following ? t('pause') : t('resume')}</span>
        </Button>
        <LogMenu view={view} setView={(change) => void setView(change)} />
        <div className="flex min-w-32 flex-1 items-center gap-1 max-md:order-last max-md:basis-full md:max-w-xs">
          <Input
            ref={search}
            type="search"
            className="h-7"
            aria-label={t('search')}
            placeholder={t('search')}
            value={find}
            onChange={(event) => void setView({ find: event.target.value || null })}
            onKeyDown={(event) => {
              if (event.key === 'Enter') screen.current?.find(find, event.shiftKey ? 'next' : 'previous')
              if (event.key === 'Escape') search.current?.blur()
            }}
          />
          {find !== '' && (
            <>
              <span aria-live="polite" className="whitespace-nowrap text-ink-muted text-xs tabular-nums">
                {state.found ? t('found', state.found) : ''}
              </span>
              <IconButton
                inPreview
                size="sm"
                label={t('previous')}
                keys="N"
                icon={<ArrowUp />}
                onClick={() => screen.current?.find(find, 'previous')}
              />
              <IconButton
                inPreview
                size="sm"
                label={t('next')}
                keys="n"
                icon={<ArrowDown />}
                onClick={() => screen.current?.find(find, 'next')}
              />
            </>
          )}
        </div>
        <span className="ml-auto flex items-center gap-1">
          <CopyButton text={() => screen.current?.text() ?? ''} />
          <LogDownload selection={selection} view={view} sources={status.sources} />
        </span>
      </div>
      <LogKeep
        view={view}
        setView={(change) => void setView(change)}
        input={keep}
        problem={problem}
        state={state}
      />
      <LogSources
        sources={status.sources}
        left={status.left}
        view={view}
        setView={(change) => void setView(change)}
      />
      {status.error && <ErrorNote error={status.error} className="mx-4 mb-2 md:mx-5" />}
      <div className="fill relative border-t bg-surface">
        {/* xterm's own text area takes the focus; its lines are read by the row, and copied as text. */}
        <div ref={place} data-log className="fill overflow-x-auto bg-surface pl-2 text-ink" />
        {!state.following && (
          <div className="pointer-events-none absolute inset-x-0 bottom-3 flex justify-center">
            <Button
              inPreview
              size="sm"
              variant="primary"
              className="pointer-events-auto shadow-raised"
              onClick={toEnd}
            >
              <ChevronsDown aria-hidden />
              {state.waiting > 0 ? t('arrived', { count: state.waiting }) : t('toEnd')}
            </Button>
          </div>
        )}
      </div>
      {isOpen && picked?.kind === 'line' && (
        <LineDetails
          line={picked}
          source={status.sources[picked.source]}
          view={view}
          setView={(change) => void setView(change)}
          link={() => {
            const at = screen.current?.placeOf(picked)
            const address = new URL(window.location.href)
            if (at) address.searchParams.set('at', writePlace(at))
            return address.href
          }}
          onClose={() => {
            setOpen(false)
            screen.current?.unpick()
          }}
        />
      )}
      <div className="flex min-h-8 shrink-0 items-center justify-between gap-3 border-t px-4 py-1 text-ink-muted text-xs md:px-5 pointer-coarse:min-h-11">
        <p role="status" className="flex items-center gap-3">
          <span>{status.connected ? (status.slow ? t('slow') : t('live')) : t('reconnecting')}</span>
          {state.dropped > 0 && <span>{t('bounded', { count: keptLines })}</span>}
        </p>
        {state.atTop && status.sources.length > 0 && !complete && (
          <Button inPreview size="sm" variant="ghost" busy={status.loadingOlder} onClick={older}>
            <ChevronsUp aria-hidden /> {t('older')}
          </Button>
        )}
      </div>
    </section>
  )
}
