'use client'
import { useTranslations } from 'use-intl'
import { cn } from '#components/ui/cn.ts'
import { StateShape, type StateTone } from '#components/ui/state-mark.tsx'
import { useFormat } from '#components/ui/use-format.ts'
import { usePhone } from '#components/ui/use-media-query.ts'
import type { AuditRecord } from '#lib/contracts/audit.ts'
import { type AuditResult, resultOf } from './use-audit.ts'

interface Props {
  records: readonly AuditRecord[]
  sentence(record: AuditRecord): string
  /** The sequence whose drawer is open. */
  open: number | null
  onOpen(record: AuditRecord): void
}

const tones: Record<AuditResult, StateTone> = {
  succeeded: 'running',
  failed: 'unhealthy',
  unknown: 'paused',
  denied: 'unreachable',
  running: 'busy',
}

export function ResultMark({ record, className }: { record: AuditRecord; className?: string }) {
  const t = useTranslations('audit.result')
  const result = resultOf(record)
  return (
    <span className={cn('inline-flex items-center gap-1.5 whitespace-nowrap', className)}>
      <StateShape tone={tones[result]} />
      {t(result)}
    </span>
  )
}

/** Newest first. A row is opened by a click anywhere on it, and by the button that its time is. */
export function AuditTable(props: Props) {
  return usePhone() ? <PhoneList {...props} /> : <WideTable {...props} />
}

function WideTable({ records, sentence, open, onOpen }: Props) {
  const t = useTranslations('audit.column')
  const format = useFormat()
  return (
    <table className="w-full table-fixed text-left">
      <thead className="sticky top-0 z-10 bg-bg text-ink-muted text-xs">
        <tr className="h-8 border-b">
          <th className="w-52 px-3 font-medium md:pl-5">{t('at')}</th>
          <th className="px-3 font-medium">{t('summary')}</th>
          {/* The sentence says it, and on a tablet needs the room. */}
          <th className="w-44 px-3 font-medium max-lg:hidden">{t('action')}</th>
          <th className="w-32 px-3 font-medium">{t('result')}</th>
        </tr>
      </thead>
      <tbody>
        {records.map((record) => (
          // oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- the button in it takes keys
          <tr
            key={record.sequence}
            data-row={record.sequence}
            onClick={() => onOpen(record)}
            className={cn(
              'h-8 border-b hover:bg-hover',
              open === record.sequence && 'bg-press hover:bg-press',
            )}
          >
            <td className="px-3 md:pl-5">
              <button
                type="button"
                aria-label={`${format.dateTime(record.at)}, ${record.action}`}
                className="whitespace-nowrap tabular-nums"
              >
                {format.dateTime(record.at)}
              </button>
            </td>
            <td className="truncate px-3" title={sentence(record)}>
              {sentence(record)}
            </td>
            <td
              className="truncate px-3 font-mono text-ink-muted text-xs max-lg:hidden"
              title={record.action}
            >
              {record.action}
            </td>
            <td className="truncate px-3">
              <ResultMark record={record} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function PhoneList({ records, sentence, onOpen }: Props) {
  const format = useFormat()
  return (
    <ul>
      {records.map((record) => (
        <li key={record.sequence} className="border-b">
          <button
            type="button"
            data-row={record.sequence}
            className="flex min-h-15 w-full flex-col justify-center gap-0.5 px-4 py-1.5 text-left"
            onClick={() => onOpen(record)}
          >
            <span className="w-full break-words">{sentence(record)}</span>
            <span className="flex w-full items-center gap-2 text-ink-muted text-xs">
              <span className="min-w-0 flex-1 truncate">
                {format.dateTime(record.at)} · <span className="font-mono">{record.action}</span>
              </span>
              <ResultMark record={record} />
            </span>
          </button>
        </li>
      ))}
    </ul>
  )
}
