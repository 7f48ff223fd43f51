'use client'
import { RefreshCw } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { usePermission } from '#components/data/use-session.ts'
import { Age } from '#components/ui/age.tsx'
import { Button } from '#components/ui/button.tsx'
import { useErrorText } from '#components/ui/error-text.ts'
import { useHeldBack } from '#components/ui/preview.tsx'
import { Select } from '#components/ui/select.tsx'
import type { Updates } from '#lib/contracts/updates.ts'
import { useUpdateCheck, useUpdateStates, useUpdates } from './use-updates.ts'

const hours = ['0', '1', '6', '24'] as const

/** How many of the tags in use have a newer image, and when that was asked. */
export function UpdateBar() {
  const t = useTranslations('updates')
  const mayCheck = usePermission('images.pull')
  const maySchedule = usePermission('registries.edit')
  const errorText = useErrorText()
  const heldBack = useHeldBack(false)
  const { data } = useUpdates()
  const { newer, pulled, local, failed } = useUpdateStates()
  const { check, schedule } = useUpdateCheck()
  if (!data) return null
  const reason = (reference: string) => {
    const error = data.updates.find((update) => update.reference === reference && update.error)?.error
    return error ? `${reference}: ${errorText(error).sentence}` : reference
  }
  const last = data.updates
    .map(({ checkedAt }) => checkedAt)
    .sort()
    .at(-1)
  return (
    <section
      aria-label={t('title')}
      className="mx-4 mb-2 flex shrink-0 flex-wrap items-center gap-x-3 gap-y-1 text-ink-muted text-xs md:mx-5"
    >
      <span aria-live="polite">
        {data.remaining > 0
          ? t('checking', { count: data.remaining })
          : last === undefined
            ? t('never')
            : t('newer', { count: newer.length })}
      </span>
      {newer.length > 0 && (
        <span className="min-w-0 truncate text-ink" title={newer.join('\n')}>
          {newer.join(', ')}
        </span>
      )}
      {pulled.length > 0 && (
        <span className="text-ink" title={pulled.join('\n')}>
          {t('pulled', { count: pulled.length })}
        </span>
      )}
      {local.length > 0 && <span title={local.join('\n')}>{t('local', { count: local.length })}</span>}
      {failed.length > 0 && (
        <span className="text-caution" title={failed.map(reason).join('\n')}>
          {t('failed', { count: failed.length })}
        </span>
      )}
      {last !== undefined && data.remaining === 0 && <Age at={last} ago />}
      {mayCheck && (
        <Button size="sm" busy={check.isPending || data.remaining > 0} onClick={() => check.mutate()}>
          <RefreshCw aria-hidden /> {t('check')}
        </Button>
      )}
      {maySchedule && (
        <Select<(typeof hours)[number]>
          aria-label={t('schedule')}
          disabled={heldBack !== null}
          title={heldBack?.reason}
          value={String(data.everyHours) as (typeof hours)[number]}
          onValueChange={(value) => schedule.mutate(Number(value) as Updates['everyHours'])}
          options={hours.map((value) => ({ value, label: t('every', { hours: Number(value) }) }))}
        />
      )}
    </section>
  )
}
