'use client'
import Link from 'next/link'
import { type ReactNode, useMemo } from 'react'
import { useTranslations } from 'use-intl'
import { useContainers, useHosts, useImages } from '#components/data/use-live.ts'
import { useScopedHref } from '#components/data/use-scope.ts'
import { usePartlySeen, usePermission } from '#components/data/use-session.ts'
import { useAllHostStats } from '#components/stats/use-stats.ts'
import { cn } from '#components/ui/cn.ts'
import { StateShape, type StateTone } from '#components/ui/state-mark.tsx'
import { useFormat } from '#components/ui/use-format.ts'
import { fleetTotals } from '#lib/fleet/overview.ts'
import { sumStats } from '#lib/fleet/stats.ts'

/** The whole in one line; each number leads to what it counts. */
export function TotalsLine() {
  const t = useTranslations('fleet.totals')
  const format = useFormat()
  const hosts = useHosts()
  const containers = useContainers()
  const images = useImages()
  const totals = useMemo(() => fleetTotals(hosts, containers, images), [hosts, containers, images])
  const stats = useAllHostStats()
  const used = useMemo(() => sumStats(hosts, stats), [hosts, stats])
  const { online, total, paused } = totals.hosts
  const seesImages = usePermission('images.view')
  const partly = usePartlySeen(hosts)
  return (
    <div className="flex flex-col gap-2">
      <ul
        aria-label={t('label')}
        className={cn(
          'grid grid-cols-2 gap-px overflow-hidden rounded-lg border bg-line',
          seesImages ? 'sm:grid-cols-4 xl:grid-cols-7' : 'sm:grid-cols-3 xl:grid-cols-6',
        )}
      >
        <Total
          href="/hosts"
          label={t('hosts')}
          value={t('hostsValue', { online, total })}
          tone={online + paused < total ? 'unreachable' : 'running'}
        />
        <Total
          href="/containers?filter=state:running"
          label={t('running')}
          value={format.count(totals.containers.running)}
          tone="running"
        />
        <Total
          href="/containers?filter=health:unhealthy"
          label={t('unhealthy')}
          value={format.count(totals.containers.unhealthy)}
          tone={totals.containers.unhealthy > 0 ? 'unhealthy' : undefined}
        />
        <Total
          href="/containers?filter=state:exited"
          label={t('exited')}
          value={format.count(totals.containers.exited)}
          tone="exited"
        />
        <Total
          label={t('cpu')}
          title={t('usedHint')}
          value={t.rich('ofWhole', {
            used: used.cpu === null ? '–' : format.percent(used.cpu / 100 / totals.cpus, 1),
            whole: t('cpus', { cpus: totals.cpus }),
            small: smaller,
          })}
        />
        <Total
          label={t('memory')}
          title={t('usedHint')}
          value={t.rich('ofWhole', {
            used: used.memory === null ? '–' : format.memory(used.memory),
            whole: format.memory(totals.memoryBytes),
            small: smaller,
          })}
        />
        {seesImages && (
          <Total
            href="/images"
            label={t('unused')}
            title={t('unusedHint')}
            value={format.bytes(totals.unusedImageBytes)}
            className="max-sm:col-span-2 sm:max-xl:col-span-2"
          />
        )}
      </ul>
      {partly.length > 0 && <p className="text-ink-muted">{t('part', { count: partly.length })}</p>}
    </div>
  )
}

const smaller = (text: ReactNode) => <span className="font-normal text-ink-muted text-sm">{text}</span>

function Total({
  href,
  label,
  value,
  tone,
  title,
  className,
}: {
  href?: string
  label: string
  value: ReactNode
  tone?: StateTone
  title?: string
  className?: string
}) {
  const scoped = useScopedHref()
  const content = (
    <>
      <span className="flex items-center gap-1.5 text-ink-muted text-xs">
        {tone && <StateShape tone={tone} className="size-2.5" />}
        {label}
      </span>
      <span className="whitespace-nowrap font-semibold text-lg tabular-nums">{value}</span>
    </>
  )
  const box = 'flex h-full flex-col px-4 py-2.5'
  return (
    <li className={cn('bg-surface', className)} title={title}>
      {href ? (
        <Link href={scoped(href)} className={cn(box, 'hover:bg-hover focus-visible:-outline-offset-2')}>
          {content}
        </Link>
      ) : (
        <span className={box}>{content}</span>
      )}
    </li>
  )
}
