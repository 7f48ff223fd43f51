'use client'
import Link from 'next/link'
import { useTranslations } from 'use-intl'
import { links } from '#components/data/links.ts'
import { useScopedHref } from '#components/data/use-scope.ts'
import { usePartlySeen } from '#components/data/use-session.ts'
import { HostStateMark } from '#components/hosts/host-state.tsx'
import { HostCpu, HostMemory } from '#components/stats/host-stats.tsx'
import { Age } from '#components/ui/age.tsx'
import { Badge } from '#components/ui/badge.tsx'
import { cn } from '#components/ui/cn.ts'
import { useFormat } from '#components/ui/use-format.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import { isCounted, unreadOf } from '#lib/fleet/host-reading.ts'

export interface RunningCount {
  running: number
  total: number
}

/** Hatched: what is shown of it is from before. A paused one is asleep, not lost. */
const isOld = (host: Host) => (host.state !== 'online' && host.state !== 'paused') || unreadOf(host) !== null

function useFacts(host: Host, count: RunningCount) {
  const t = useTranslations('fleet.hosts')
  const format = useFormat()
  const { engine } = host
  const isPart = usePartlySeen([host]).length > 0
  return {
    engine: engine ? t('engine', { flavour: engine.flavour, version: engine.version }) : t('noEngine'),
    transport: t(`transport.${host.transport.kind}`),
    latency: host.latencyMs === null ? '–' : format.latency(host.latencyMs),
    isPart,
    counts: isCounted(host)
      ? t(isPart ? 'countsInPart' : 'counts', { running: count.running, total: count.total })
      : t('notRead'),
  }
}

function Name({ host }: { host: Host }) {
  const href = useScopedHref()
  return (
    <Link
      href={href(links.host(host))}
      // The whole row or tile is the link's target.
      className="truncate font-medium after:absolute after:inset-0 focus-visible:outline-none focus-visible:after:outline-2 focus-visible:after:-outline-offset-2 focus-visible:after:outline-accent"
    >
      {host.name}
    </Link>
  )
}

function Tags({ host }: { host: Host }) {
  return host.tags.map((tag) => <Badge key={tag}>{tag}</Badge>)
}

function Seen({ host }: { host: Host }) {
  const t = useTranslations('fleet.hosts')
  if (host.state === 'online') return null
  return host.lastSeenAt ? <Age at={host.lastSeenAt} ago /> : <span>{t('neverSeen')}</span>
}

/** A host in one line, in two where there is little room. The list that it is in is the container that is measured. */
export function HostRow({ host, count }: { host: Host; count: RunningCount }) {
  const facts = useFacts(host, count)
  return (
    <li
      className={cn(
        'relative grid min-h-11 items-center gap-x-4 border-b px-4 py-1.5 last:border-b-0 hover:bg-hover',
        'grid-cols-[minmax(0,1fr)_auto] @2xl:grid-cols-[6.5rem_minmax(0,1fr)_6.5rem_7.5rem_7rem] @4xl:grid-cols-[8rem_minmax(0,1fr)_8rem_6.5rem_7.5rem_8.5rem] @6xl:grid-cols-[8rem_minmax(0,1fr)_8rem_4.5rem_4rem_6.5rem_7.5rem_8.5rem_5rem]',
        isOld(host) && 'hatched',
      )}
    >
      <HostStateMark host={host} />
      <span className="flex min-w-0 items-center gap-2 @max-2xl:order-first">
        <Name host={host} />
        <span className="@max-2xl:hidden flex min-w-0 shrink-[99] gap-1 overflow-hidden">
          <Tags host={host} />
        </span>
      </span>
      <span className="truncate text-ink-muted @max-2xl:text-xs @2xl:@max-4xl:hidden">{facts.engine}</span>
      <span className="@max-6xl:hidden text-ink-muted">{facts.transport}</span>
      <span className="@max-6xl:hidden text-right text-ink-muted tabular-nums">{facts.latency}</span>
      <HostCpu
        host={host}
        className={cn(
          '@max-2xl:order-last @max-2xl:justify-self-start @max-2xl:text-xs',
          facts.isPart && '@max-2xl:hidden',
        )}
      />
      <HostMemory
        host={host}
        className={cn('@max-2xl:order-last @max-2xl:text-xs', facts.isPart && '@max-2xl:hidden')}
      />
      <span className="@max-2xl:text-xs text-right tabular-nums">{facts.counts}</span>
      <span className="@max-6xl:hidden text-right text-ink-faint">
        <Seen host={host} />
      </span>
    </li>
  )
}

/** A host as a small box: for a wall or a wide screen. */
export function HostTile({ host, count }: { host: Host; count: RunningCount }) {
  const facts = useFacts(host, count)
  return (
    <li
      className={cn(
        'relative flex flex-col gap-1.5 rounded-lg border bg-surface px-3 py-2.5 hover:border-line-strong hover:bg-hover',
        isOld(host) && 'hatched',
      )}
    >
      <span className="flex items-center justify-between gap-2">
        <Name host={host} />
        <HostStateMark host={host} />
      </span>
      <span className="flex justify-between gap-2 text-ink-muted text-xs">
        <span className="truncate">
          {facts.engine} · {facts.transport}
        </span>
        <span className="shrink-0 tabular-nums">
          {host.state === 'online' ? facts.latency : <Seen host={host} />}
        </span>
      </span>
      <span className="flex justify-between gap-2 text-xs tabular-nums">
        <HostCpu host={host} />
        <HostMemory host={host} />
      </span>
      <span className="text-ink-muted text-xs tabular-nums">{facts.counts}</span>
      {host.tags.length > 0 && (
        <span className="flex flex-wrap gap-1">
          <Tags host={host} />
        </span>
      )}
    </li>
  )
}
