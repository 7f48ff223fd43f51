'use client'
import { SlidersHorizontal } from 'lucide-react'
import { type ReactNode, useId, useState } from 'react'
import { useTranslations } from 'use-intl'
import { Button } from '#components/ui/button.tsx'
import { Input } from '#components/ui/input.tsx'
import { Popover } from '#components/ui/popover.tsx'
import { Segmented } from '#components/ui/segmented.tsx'
import { Select } from '#components/ui/select.tsx'
import { type LogView, type SetLogView, spans, tails } from './log-options.ts'
import { readPlace } from './log-place.ts'

/** From where to where, which streams, and how lines look. */
export function LogMenu({ view, setView }: { view: LogView; setView: SetLogView }) {
  const t = useTranslations('logs')
  const beginning =
    view.at !== '' ? `at:${view.at}` : view.since === '' ? `tail:${view.tail}` : `since:${view.since}`
  const choices = [
    ...tails.map((tail) => ({ value: `tail:${tail}`, label: t('tail', { count: tail }) })),
    ...spans.map((minutes) => ({ value: `since:${minutes}m`, label: t('span', { minutes }) })),
  ]
  const known = choices.some((choice) => choice.value === beginning)
  return (
    <>
      <Select
        aria-label={t('beginning')}
        className="shrink-0 [&_select]:h-7 [&_select]:text-xs"
        value={beginning}
        onValueChange={(value) => {
          const [kind, rest = ''] = value.split(/:(.*)/s)
          setView(kind === 'tail' ? { tail: Number(rest), since: null, at: null } : { since: rest, at: null })
        }}
        options={
          known
            ? choices
            : [
                ...choices,
                {
                  value: beginning,
                  label: view.at === '' ? t('sinceMoment', { moment: view.since }) : t('atPlace'),
                },
              ]
        }
      />
      <Popover
        label={t('options')}
        trigger={
          <Button inPreview size="sm">
            <SlidersHorizontal aria-hidden />
            <span className="max-md:sr-only">{t('options')}</span>
          </Button>
        }
      >
        <div className="flex flex-col gap-3 overflow-y-auto p-3">
          <Moment label={t('goTo')} value={view.at} onChange={(at) => setView({ at })} />
          <Moment label={t('since')} value={view.since} onChange={(since) => setView({ since })} />
          <Moment label={t('until')} value={view.until} onChange={(until) => setView({ until })} />
          <Row label={t('streams')}>
            <Segmented
              label={t('streams')}
              value={view.streams}
              onValueChange={(streams) => setView({ streams })}
              options={[
                { value: 'both', label: t('both') },
                { value: 'stdout', label: 'stdout' },
                { value: 'stderr', label: 'stderr' },
              ]}
            />
          </Row>
          <Row label={t('times')}>
            <Segmented
              label={t('times')}
              value={view.times}
              onValueChange={(times) => setView({ times })}
              options={[
                { value: 'off', label: t('off') },
                { value: 'local', label: t('local') },
                { value: 'utc', label: 'UTC' },
              ]}
            />
          </Row>
          <Row label={t('json')}>
            <Segmented
              label={t('json')}
              value={view.json}
              onValueChange={(json) => setView({ json })}
              options={[
                { value: 'pretty', label: t('pretty') },
                { value: 'raw', label: t('raw') },
              ]}
            />
          </Row>
          <Row label={t('wrap')}>
            <OnOff label={t('wrap')} value={view.wrap} onChange={(wrap) => setView({ wrap })} />
          </Row>
          <Row label={t('levels')}>
            <OnOff label={t('levels')} value={view.levels} onChange={(levels) => setView({ levels })} />
          </Row>
        </div>
      </Popover>
    </>
  )
}

function Row({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className="flex items-center justify-between gap-3">
      <span className="text-ink-muted text-xs">{label}</span>
      {children}
    </div>
  )
}

function OnOff({
  label,
  value,
  onChange,
}: {
  label: string
  value: boolean
  onChange(value: boolean): void
}) {
  const t = useTranslations('logs')
  return (
    <Segmented
      label={label}
      value={value ? 'on' : 'off'}
      onValueChange={(next) => onChange(next === 'on')}
      options={[
        { value: 'on', label: t('on') },
        { value: 'off', label: t('off') },
      ]}
    />
  )
}

/** '15m', or a date and time; what cannot be read is said and not used. */
function Moment({
  label,
  value,
  onChange,
}: {
  label: string
  value: string
  onChange(value: string | null): void
}) {
  const t = useTranslations('logs')
  const id = useId()
  const [text, setText] = useState(value)
  const wrong = text.trim() !== '' && readPlace(text.trim(), 0) === null
  const commit = () => {
    if (!wrong) onChange(text.trim() === '' ? null : text.trim())
  }
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="text-ink-muted text-xs">
        {label}
      </label>
      <Input
        id={id}
        className="h-7 font-mono text-xs"
        placeholder={t('momentHint')}
        aria-invalid={wrong || undefined}
        aria-describedby={wrong ? `${id}-error` : undefined}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onBlur={commit}
        onKeyDown={(event) => event.key === 'Enter' && commit()}
      />
      {wrong && (
        <span id={`${id}-error`} className="text-danger text-xs">
          {t('momentWrong')}
        </span>
      )}
    </div>
  )
}
