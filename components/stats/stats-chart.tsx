'use client'
import { type ReactNode, useId } from 'react'
import { CartesianGrid, Line, LineChart, ReferenceLine, ResponsiveContainer, XAxis, YAxis } from 'recharts'
import { useTranslations } from 'use-intl'
import type { StatsPoint } from '#lib/contracts/stats.ts'
import { type Measure, measures, pointNear, valueOf } from './chart-window.ts'

export interface Series {
  measure: Measure
  label: string
}

export interface ChartWindow {
  points: readonly StatsPoint[]
  from: number
  to: number
  ticks: readonly number[]
  /** A moment of the axis, short. */
  time(at: number): string
  /** Where the pointer is, over whichever chart. */
  cursor: number | null
  onCursor(at: number | null): void
}

const strokes = ['var(--color-accent)', 'var(--color-series)']
/** The second line is told apart without its colour too. */
const dashes = [undefined, '5 3']
/** The same on all charts, so that one moment is at one place on all of them. */
const axisWidth = 60
const rightWidth = 44

/** One chart of the tab: values at the cursor, or now, above; lines without animation below. */
export function StatsChart({
  title,
  series,
  window: shown,
  top,
  format,
  right,
  limit,
  note,
}: {
  title: string
  series: readonly Series[]
  window: ChartWindow
  /** The axis' upper edge. */
  top: number
  format(value: number): string
  /** A second reading of the first line: what a value is of a whole, on the axis at the right. */
  right?: { label: string; format(value: number): string } | null
  /** A line that the values cannot pass. */
  limit?: { value: number; label: string } | null
  note?: ReactNode
}) {
  const t = useTranslations('stats')
  const titleId = useId()
  const at = shown.cursor === null ? shown.points.at(-1) : pointNear(shown.points, shown.cursor)
  const told = (measure: Measure, write: (value: number) => string) => {
    const value = valueOf(at, measure)
    return value === null ? t('none') : write(value)
  }
  const [first] = series
  const values = series.map(({ measure, label }) => `${told(measure, format)} ${label}`).join(', ')
  const axis = { tickLine: false, axisLine: false, tick: { fill: 'var(--color-ink-faint)', fontSize: 11 } }
  return (
    <figure aria-labelledby={titleId} className="flex min-w-0 flex-col rounded-lg border bg-surface pt-2.5">
      <figcaption className="flex min-h-11 flex-wrap items-baseline gap-x-4 px-3">
        <span id={titleId} className="font-medium">
          {title}
        </span>
        <span className="flex flex-wrap items-baseline gap-x-4 text-ink-muted text-xs">
          {series.map(({ measure, label }, index) => (
            <span key={measure} className="inline-flex items-baseline gap-1.5">
              <svg aria-hidden viewBox="0 0 14 4" className="h-1 w-3.5 self-center">
                <path d="M0 2H14" stroke={strokes[index]} strokeWidth="2" strokeDasharray={dashes[index]} />
              </svg>
              {label}
              <span className="min-w-[7ch] font-medium text-ink tabular-nums">{told(measure, format)}</span>
            </span>
          ))}
          {first && right && (
            <span className="inline-flex items-baseline gap-1.5">
              {right.label}
              <span className="min-w-[5ch] font-medium text-ink tabular-nums">
                {told(first.measure, right.format)}
              </span>
            </span>
          )}
        </span>
      </figcaption>
      <div role="img" aria-label={t('chart', { title, values })} className="relative h-36" data-chart={title}>
        {note && <p className="absolute inset-0 grid place-items-center text-ink-faint text-xs">{note}</p>}
        <ResponsiveContainer width="100%" height="100%" initialDimension={{ width: 480, height: 144 }}>
          <LineChart
            data={shown.points as StatsPoint[]}
            margin={{ top: 6, right: right ? 0 : rightWidth, bottom: 0, left: 0 }}
            accessibilityLayer={false}
            onMouseMove={({ activeLabel }) =>
              shown.onCursor(activeLabel === undefined ? null : Number(activeLabel))
            }
            onMouseLeave={() => shown.onCursor(null)}
          >
            <CartesianGrid yAxisId="left" vertical={false} stroke="var(--color-line)" />
            <XAxis
              {...axis}
              type="number"
              dataKey={timeOf}
              domain={[shown.from, shown.to]}
              allowDataOverflow
              ticks={shown.ticks as number[]}
              tickFormatter={shown.time}
              height={22}
              interval={0}
            />
            <YAxis
              {...axis}
              yAxisId="left"
              width={axisWidth}
              domain={[0, top]}
              ticks={[0, top / 2, top]}
              tickFormatter={format}
            />
            {right && (
              <YAxis
                {...axis}
                yAxisId="right"
                orientation="right"
                width={rightWidth}
                domain={[0, top]}
                ticks={[0, top / 2, top]}
                tickFormatter={right.format}
              />
            )}
            {limit && (
              <ReferenceLine
                yAxisId="left"
                y={limit.value}
                stroke="var(--color-caution)"
                strokeDasharray="2 2"
                className="stats-limit"
                label={{
                  value: limit.label,
                  position: 'insideTopRight',
                  fill: 'var(--color-caution)',
                  fontSize: 11,
                }}
              />
            )}
            {series.map(({ measure }, index) => (
              <Line
                key={measure}
                yAxisId="left"
                type="linear"
                dataKey={(point: StatsPoint) => point[measures[measure]]}
                stroke={strokes[index]}
                strokeDasharray={dashes[index]}
                strokeWidth={1.5}
                dot={false}
                activeDot={false}
                isAnimationActive={false}
              />
            ))}
            {first && right && (
              // An axis without a line is left out.
              <Line
                yAxisId="right"
                dataKey={(point: StatsPoint) => point[measures[first.measure]]}
                stroke="none"
                dot={false}
                activeDot={false}
                isAnimationActive={false}
              />
            )}
            {shown.cursor !== null && (
              <ReferenceLine
                yAxisId="left"
                x={shown.cursor}
                stroke="var(--color-ink-faint)"
                className="stats-cursor"
              />
            )}
          </LineChart>
        </ResponsiveContainer>
      </div>
    </figure>
  )
}

const timeOf = (point: StatsPoint) => point[0]
