'use client'
import { Activity, Pause, Play } from 'lucide-react'
import { parseAsStringLiteral, useQueryState } from 'nuqs'
import { type KeyboardEvent, useMemo, useState } from 'react'
import { useLocale, useTranslations } from 'use-intl'
import type { ContainerTabProps } from '#components/page/container-tab.ts'
import { Button } from '#components/ui/button.tsx'
import { serverTime, useNow } from '#components/ui/clock.ts'
import { EmptyState } from '#components/ui/empty-state.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { Segmented } from '#components/ui/segmented.tsx'
import { inWindow, type Range, rangeMs, ranges, ticksOf } from './chart-window.ts'
import type { ChartWindow } from './stats-chart.tsx'
import { StatsCharts } from './stats-charts.tsx'
import type { LiveStats } from './stats-client.ts'
import { StatsSkeleton } from './stats-tab.tsx'
import { SummaryTable } from './summary-table.tsx'
import { useLiveStats } from './use-stats.ts'

/** What a container uses: live, with the last hour behind it. One cursor goes over all charts. */
export function StatsView({ container, host, stale }: ContainerTabProps) {
  const t = useTranslations('stats')
  const live = useLiveStats(container.hostId, container.id)
  const [range, setRange] = useQueryState('range', parseAsStringLiteral(ranges).withDefault('15m'))
  const [paused, setPaused] = useState<{ at: number; stats: LiveStats } | null>(null)
  const [cursor, setCursor] = useState<number | null>(null)
  const second = useNow((now) => Math.floor(now / 1000) * 1000)
  const clock = useClockFormat(range)

  const stats = paused?.stats ?? live
  const to = paused?.at ?? Math.max(second, stats.points.at(-1)?.[0] ?? 0)
  const from = to - rangeMs[range]
  const points = useMemo(() => inWindow(stats.points, from, to), [stats.points, from, to])
  const ticks = useMemo(() => ticksOf(range, to), [range, to])
  const shown: ChartWindow = { points, from, to, ticks, time: clock.short, cursor, onCursor: setCursor }
  const running = container.state === 'running' || container.state === 'paused'

  const moveCursor = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && cursor !== null) {
      event.stopPropagation()
      setCursor(null)
    }
    const step = event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : 0
    if (step === 0) return
    event.preventDefault()
    const index = cursor === null ? points.length : points.findIndex(([at]) => at >= cursor)
    setCursor(points[Math.max(0, Math.min(points.length - 1, index + step))]?.[0] ?? null)
  }

  if (live.error) {
    return (
      <div className="p-4">
        <ErrorNote error={live.error} />
      </div>
    )
  }
  if (!live.loaded) return <StatsSkeleton />
  if (live.points.length === 0 && !running) {
    return (
      <EmptyState icon={<Activity />} title={t('emptyTitle')}>
        {t('emptyText')}
      </EmptyState>
    )
  }
  return (
    <div className="fill @container gap-3 overflow-y-auto p-4">
      <div role="toolbar" aria-label={t('toolbar')} className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <Segmented
          label={t('range')}
          value={range}
          onValueChange={(next: Range) => void setRange(next)}
          options={ranges.map((value) => ({ value, label: t(`ranges.${value}`) }))}
        />
        <Button
          inPreview
          aria-pressed={paused !== null}
          onClick={() => setPaused(paused ? null : { at: Math.max(serverTime(), to), stats: live })}
        >
          {paused ? <Play aria-hidden /> : <Pause aria-hidden />}
          {paused ? t('resume') : t('pause')}
        </Button>
        <span className="text-ink-muted text-xs tabular-nums">
          {cursor !== null
            ? t('at', { time: clock.long(cursor) })
            : paused
              ? t('pausedAt', { time: clock.long(paused.at) })
              : stale
                ? t('hostAway')
                : running
                  ? t('live')
                  : t('notRunning')}
        </span>
      </div>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- the keys move the charts' cursor */}
      <section
        aria-label={t('chartsLabel')}
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- so that the keys reach it
        tabIndex={0}
        onKeyDown={moveCursor}
        onBlur={() => setCursor(null)}
        className="grid shrink-0 @3xl:grid-cols-2 gap-3"
      >
        <StatsCharts stats={stats} shown={shown} engine={host?.engine ?? null} />
      </section>
      <SummaryTable points={points} totals={stats.totals} range={t(`ranges.${range}`)} />
    </div>
  )
}

/** Times of the axis (seconds only where they matter) and of the cursor. */
function useClockFormat(range: Range) {
  const locale = useLocale()
  return useMemo(() => {
    const short = new Intl.DateTimeFormat(
      locale,
      range === '1m' ? { timeStyle: 'medium' } : { timeStyle: 'short' },
    )
    const long = new Intl.DateTimeFormat(locale, { timeStyle: 'medium' })
    return {
      short: (at: number) => short.format(at).replace(/\s?[AP]M$/, ''),
      long: (at: number) => long.format(at),
    }
  }, [locale, range])
}
