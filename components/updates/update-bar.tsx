'use client'
import { RefreshCw } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { usePermission } from '#components/data/use-session.ts'
import { Age } from '#components/ui/age.tsx'
import { Button } from '#components/ui/button.tsx'
import { Select } from '#components/ui/select.tsx'
import type { Updates } from '#lib/contracts/updates.ts'
import { useUpdateCheck, useUpdates } from './use-updates.ts'

const hours = ['0', '1', '6', '24'] as const

/** How many of the tags in use have a newer image, and when that was asked. */
export function UpdateBar() {
  const t = useTranslations('updates')
  const mayCheck = usePermission('images.pull')
  const maySchedule = usePermission('registries.edit')
  const { data } = useUpdates()
  const { check, schedule } = useUpdateCheck()
  if (!data) return null
  const newer = data.updates.filter(({ state }) => state === 'newer')
  const failed = data.updates.filter(({ state }) => state === 'failed')
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
        <span
          className="min-w-0 truncate text-ink"
          title={newer.map(({ reference }) => reference).join('\n')}
        >
          {newer.map(({ reference }) => reference).join(', ')}
        </span>
      )}
      {failed.length > 0 && (
        <span className="text-caution" title={failed.map(({ reference }) => reference).join('\n')}>
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
          value={String(data.everyHours) as (typeof hours)[number]}
          onValueChange={(value) => schedule.mutate(Number(value) as Updates['everyHours'])}
          options={hours.map((value) => ({ value, label: t('every', { hours: Number(value) }) }))}
        />
      )}
    </section>
  )
}
