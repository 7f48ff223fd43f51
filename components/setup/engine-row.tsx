'use client'
import { useId } from 'react'
import { useTranslations } from 'use-intl'
import { Badge } from '#components/ui/badge.tsx'
import { Checkbox } from '#components/ui/checkbox.tsx'
import { useErrorText } from '#components/ui/error-text.ts'
import { Spinner } from '#components/ui/spinner.tsx'
import { StateMark } from '#components/ui/state-mark.tsx'
import type { DiscoveredEngine } from '#lib/contracts/hosts.ts'

export type EngineRowState =
  | { state: 'open' }
  | { state: 'adding' }
  | { state: 'added' }
  | { state: 'failed'; error: unknown }

export function EngineRow({
  engine,
  status,
  checked,
  disabled,
  onCheckedChange,
}: {
  engine: DiscoveredEngine
  status: EngineRowState
  checked: boolean
  disabled: boolean
  onCheckedChange(checked: boolean): void
}) {
  const t = useTranslations('setup')
  const errorText = useErrorText()
  const id = useId()
  const problem =
    status.state === 'failed' ? errorText(status.error) : engine.error ? errorText(engine.error) : null
  return (
    <li className="border-b last:border-b-0">
      <label htmlFor={id} className="flex items-start gap-3 px-3 py-2.5 has-[:enabled]:hover:bg-hover">
        <span className="grid h-5 place-items-center">
          {status.state === 'adding' ? (
            <Spinner />
          ) : (
            <Checkbox
              id={id}
              checked={checked || status.state === 'added'}
              disabled={disabled || status.state === 'added'}
              onChange={(event) => onCheckedChange(event.target.checked)}
            />
          )}
        </span>
        <span className="min-w-0 flex-1">
          <span className="flex flex-wrap items-center gap-x-2">
            <span className="truncate font-medium">{engine.name}</span>
            <Badge>{t(`source.${engine.source}`)}</Badge>
            {engine.engine?.rootless && <Badge>{t('rootless')}</Badge>}
          </span>
          <code className="block truncate text-ink-faint">{engine.address}</code>
          {problem && (
            <span className="mt-1 block text-xs">
              <span className="block break-words text-danger">{problem.sentence}</span>
              <span className="block break-words text-ink-muted">
                {problem.remedy ?? t('unreachableHint')}
              </span>
            </span>
          )}
        </span>
        <span className="shrink-0">
          {status.state === 'added' ? (
            <StateMark tone="running" label={t('registered')} />
          ) : status.state === 'adding' ? (
            <span className="text-ink-muted">{t('adding')}</span>
          ) : engine.engine ? (
            <StateMark
              tone="running"
              label={t('engine', { flavour: engine.engine.flavour, version: engine.engine.version })}
            />
          ) : (
            <StateMark tone="unreachable" label={t('notReachable')} />
          )}
        </span>
      </label>
    </li>
  )
}
