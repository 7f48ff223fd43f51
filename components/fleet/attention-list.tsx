'use client'
import { CircleCheck } from 'lucide-react'
import { useMemo, useState } from 'react'
import { useTranslations } from 'use-intl'
import { needsAttention } from '#lib/fleet-overview.ts'
import { useContainers, useFleet, useHosts } from '../data/use-live.ts'
import { Button } from '../ui/button.tsx'
import { useNow } from '../ui/clock.ts'
import { AttentionRow } from './attention-row.tsx'

/** As many as fit above the hosts on a common screen. */
const firstShown = 6

/** What to look at, worst first. */
export function AttentionList() {
  const t = useTranslations('fleet.attention')
  const allHosts = useFleet((fleet) => fleet.hosts)
  const hosts = useHosts()
  const containers = useContainers()
  const [all, setAll] = useState(false)
  // What happened within the last hour changes with the clock too; by the minute is enough.
  const minute = useNow((now) => Math.floor(now / 60_000))
  const found = useMemo(
    () => needsAttention(allHosts, hosts, containers, (minute + 1) * 60_000),
    [allHosts, hosts, containers, minute],
  )
  const shown = all ? found : found.slice(0, firstShown)
  return (
    <section aria-labelledby="attention" className="flex flex-col gap-2">
      <h2 id="attention" className="flex items-baseline gap-2 font-semibold text-base">
        {t('title')}
        {found.length > 0 && (
          <span className="font-normal text-ink-faint text-sm tabular-nums">{found.length}</span>
        )}
      </h2>
      {found.length === 0 ? (
        <p className="flex h-11 items-center gap-2 rounded-lg border bg-surface px-4 text-ink-muted">
          <CircleCheck aria-hidden className="size-4 text-state-running" />
          {t('nothing')}
        </p>
      ) : (
        <ul className="overflow-hidden rounded-lg border bg-surface">
          {shown.map((item) => (
            <AttentionRow key={item.key} item={item} />
          ))}
        </ul>
      )}
      {found.length > firstShown && (
        <Button
          inPreview
          size="sm"
          variant="ghost"
          className="self-start"
          aria-expanded={all}
          onClick={() => setAll(!all)}
        >
          {all ? t('fewer') : t('more', { count: found.length - firstShown })}
        </Button>
      )}
    </section>
  )
}
