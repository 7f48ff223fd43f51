'use client'
import { Columns3, Filter, Link2, X } from 'lucide-react'
import { Fragment } from 'react'
import { useTranslations } from 'use-intl'
import { CopyButton } from '#components/ui/copy-button.tsx'
import { IconButton } from '#components/ui/icon-button.tsx'
import type { LogSource } from '#lib/contracts/logs.ts'
import { lineLevel, readStructuredLine } from '#lib/logs/line.ts'
import { plainLogLine } from '#lib/logs/sanitise.ts'
import type { StoredLine } from './format-line.ts'
import type { LogView, SetLogView } from './log-options.ts'

/** One line with all that it says: its time to the nanosecond, its fields, and a link that leads to it. */
export function LineDetails({
  line,
  source,
  view,
  setView,
  link,
  onClose,
}: {
  line: StoredLine & { kind: 'line' }
  source: LogSource | undefined
  view: LogView
  setView: SetLogView
  /** The address that leads to this line. */
  link(): string
  onClose(): void
}) {
  const t = useTranslations('logs')
  const structured = readStructuredLine(line.text)
  const text = plainLogLine(line.text)
  const level = lineLevel(line.text)
  const toggle = (field: string) => {
    const { columns } = view
    const next = columns.includes(field) ? columns.filter((each) => each !== field) : [...columns, field]
    setView({ columns: next.length > 0 ? next : null })
  }
  return (
    <section
      aria-label={t('details.label')}
      className="flex max-h-[45%] shrink-0 flex-col border-t bg-raised text-xs"
    >
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b px-4 py-1 md:px-5">
        <span className="font-mono tabular-nums">{exactTime(line.time, view.times)}</span>
        <span className="text-ink-muted">
          {[source && `${source.name} · ${source.host}`, line.stream === 0 ? 'stdout' : 'stderr', level]
            .filter(Boolean)
            .join(' · ')}
        </span>
        <span className="ml-auto flex items-center gap-1">
          <CopyButton text={text} label={t('details.copy')} />
          <CopyButton text={link} label={t('details.link')} icon={<Link2 />} />
          <IconButton
            inPreview
            size="sm"
            label={t('details.close')}
            keys="e"
            icon={<X />}
            onClick={onClose}
          />
        </span>
      </div>
      <div className="flex flex-col gap-2 overflow-y-auto px-4 py-2 md:px-5">
        {structured && structured.fields.length > 0 && (
          <dl className="grid grid-cols-[auto_minmax(0,1fr)] items-start gap-x-3 gap-y-0.5">
            {structured.fields.map(([key, value]) => (
              <Fragment key={key}>
                <dt className="flex items-center gap-1 text-ink-muted">
                  <IconButton
                    inPreview
                    size="sm"
                    label={t('details.column', { field: key })}
                    icon={<Columns3 />}
                    aria-pressed={view.columns.includes(key)}
                    className="aria-pressed:text-accent"
                    onClick={() => toggle(key)}
                  />
                  <IconButton
                    inPreview
                    size="sm"
                    label={t('details.keep', { field: key })}
                    icon={<Filter />}
                    onClick={() => setView({ keep: value, mode: 'text' })}
                  />
                  <span className="max-w-40 truncate" title={key}>
                    {plainLogLine(key)}
                  </span>
                </dt>
                <dd className="break-all py-1 font-mono">{plainLogLine(value)}</dd>
              </Fragment>
            ))}
          </dl>
        )}
        <pre className="whitespace-pre-wrap break-all font-mono">{text}</pre>
      </div>
    </section>
  )
}

/** Date, time and all nine digits that the engine gave. */
function exactTime(nanos: string, times: LogView['times']): string {
  const date = new Date(Number(BigInt(nanos) / 1_000_000n))
  const fraction = nanos.slice(-9).padStart(9, '0')
  const shifted = times === 'utc' ? date : new Date(date.getTime() - date.getTimezoneOffset() * 60_000)
  return `${shifted.toISOString().slice(0, 19).replace('T', ' ')}.${fraction}${times === 'utc' ? 'Z' : ''}`
}
