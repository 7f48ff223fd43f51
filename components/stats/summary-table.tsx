'use client'
import { useTranslations } from 'use-intl'
import { useFormat } from '#components/ui/use-format.ts'
import type { StatsPoint, StatsTotals } from '#lib/contracts/stats.ts'
import { type Measure, summarise } from './chart-window.ts'

const rows = ['cpu', 'memory', 'received', 'sent', 'read', 'written', 'pids'] as const satisfies Measure[]

/** The charts in numbers: for screen readers, and for who copies one into a ticket. */
export function SummaryTable({
  points,
  totals,
  range,
}: {
  points: readonly StatsPoint[]
  totals: StatsTotals | null
  range: string
}) {
  const t = useTranslations('stats')
  const format = useFormat()
  const write: Record<(typeof rows)[number], (value: number) => string> = {
    cpu: (cpu) => format.percent(cpu / 100, 1),
    memory: format.memory,
    received: (bytes) => t('perSecond', { bytes: format.memory(bytes) }),
    sent: (bytes) => t('perSecond', { bytes: format.memory(bytes) }),
    read: (bytes) => t('perSecond', { bytes: format.memory(bytes) }),
    written: (bytes) => t('perSecond', { bytes: format.memory(bytes) }),
    pids: (count) => format.count(count),
  }
  const names: Record<(typeof rows)[number], string> = {
    cpu: t('cpu'),
    memory: t('memory'),
    received: `${t('network')}, ${t('received')}`,
    sent: `${t('network')}, ${t('sent')}`,
    read: `${t('block')}, ${t('read')}`,
    written: `${t('block')}, ${t('written')}`,
    pids: t('pids'),
  }
  const caption = t('table.caption', { range })
  const cell = 'px-3 py-1.5 text-right tabular-nums'
  return (
    <section
      aria-label={caption}
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- wider than a phone: the keyboard scrolls it
      tabIndex={0}
      className="shrink-0 overflow-x-auto rounded-lg border bg-surface"
    >
      <table className="w-full whitespace-nowrap text-xs">
        <caption className="px-3 py-2 text-left text-ink-muted">{caption}</caption>
        <thead className="text-ink-muted">
          <tr className="border-y">
            <th scope="col" className="px-3 py-1.5 text-left font-normal">
              {t('table.measure')}
            </th>
            {(['now', 'least', 'mean', 'most', 'total'] as const).map((column) => (
              <th key={column} scope="col" className={`${cell} font-normal`}>
                {t(`table.${column}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((measure) => {
            const summary = summarise(points, measure)
            const total = totals && measure in totals ? totals[measure as keyof StatsTotals] : null
            const told = (value: number | null) => (value === null ? t('none') : write[measure](value))
            return (
              <tr key={measure} className="border-b last:border-b-0">
                <th scope="row" className="px-3 py-1.5 text-left font-medium">
                  {names[measure]}
                </th>
                {(['now', 'least', 'mean', 'most'] as const).map((column) => (
                  <td key={column} className={cell}>
                    {told(summary[column])}
                  </td>
                ))}
                <td className={cell}>{total === null ? t('none') : format.bytes(total)}</td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </section>
  )
}
