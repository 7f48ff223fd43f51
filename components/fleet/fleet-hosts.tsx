'use client'
import { LayoutGrid, Rows3 } from 'lucide-react'
import { useMemo, useSyncExternalStore } from 'react'
import { useTranslations } from 'use-intl'
import { useFleet } from '#components/data/use-live.ts'
import { Segmented } from '#components/ui/segmented.tsx'
import type { Host } from '#lib/contracts/hosts.ts'
import { HostRow, HostTile, type RunningCount } from './host-row.tsx'
import { layouts, readLayout, subscribeLayout, writeLayout } from './hosts-layout.ts'

const icons = { rows: <Rows3 aria-hidden />, tiles: <LayoutGrid aria-hidden /> }
const noContainers: RunningCount = { running: 0, total: 0 }

/** The hosts as rows or tiles, whichever the person likes. */
export function FleetHosts({ hosts }: { hosts: readonly Host[] }) {
  const t = useTranslations('fleet.hosts')
  const layout = useSyncExternalStore(subscribeLayout, readLayout, () => 'rows' as const)
  const containers = useFleet((fleet) => fleet.containers)
  const counts = useMemo(() => {
    const byHost = new Map<string, { running: number; total: number }>()
    for (const { hostId, state } of containers.values()) {
      const count = byHost.get(hostId) ?? { running: 0, total: 0 }
      count.total++
      if (state === 'running') count.running++
      byHost.set(hostId, count)
    }
    return byHost
  }, [containers])
  return (
    <section aria-labelledby="hosts" className="flex flex-col gap-2">
      <div className="flex items-center justify-between">
        <h2 id="hosts" className="flex items-baseline gap-2 font-semibold text-base">
          {t('title')}
          <span className="font-normal text-ink-faint text-sm tabular-nums">{hosts.length}</span>
        </h2>
        <Segmented
          label={t('layout')}
          value={layout}
          onValueChange={writeLayout}
          options={layouts.map((value) => ({ value, label: t(value), icon: icons[value], iconOnly: true }))}
        />
      </div>
      {layout === 'tiles' ? (
        <ul className="grid grid-cols-[repeat(auto-fill,minmax(16rem,1fr))] gap-2">
          {hosts.map((host) => (
            <HostTile key={host.id} host={host} count={counts.get(host.id) ?? noContainers} />
          ))}
        </ul>
      ) : (
        <ul className="@container overflow-hidden rounded-lg border bg-surface">
          {hosts.map((host) => (
            <HostRow key={host.id} host={host} count={counts.get(host.id) ?? noContainers} />
          ))}
        </ul>
      )}
    </section>
  )
}
