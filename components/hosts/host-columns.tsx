'use client'
import { useMemo } from 'react'
import { useTranslations } from 'use-intl'
import { useFleet } from '#components/data/use-live.ts'
import { usePartlySeen } from '#components/data/use-session.ts'
import { type Column, compareText } from '#components/data-table/columns.ts'
import { Age } from '#components/ui/age.tsx'
import { Badge } from '#components/ui/badge.tsx'
import { useErrorText } from '#components/ui/error-text.ts'
import { useFormat } from '#components/ui/use-format.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import { isCounted, unreadOf } from '#lib/fleet/host-reading.ts'
import { HostStateMark } from './host-state.tsx'

export function useHostColumns(): Column<Host>[] {
  const t = useTranslations('hosts.columns')
  const format = useFormat()
  return useMemo(
    (): Column<Host>[] => [
      {
        id: 'state',
        header: t('state'),
        width: '136px',
        cell: (host) => <HostStateMark host={host} />,
        compare: (a, b) => compareText(a.state, b.state),
      },
      {
        id: 'name',
        header: t('name'),
        width: 'minmax(180px, 1.2fr)',
        cell: (host) => <NameCell host={host} />,
        compare: (a, b) => compareText(a.name, b.name),
      },
      {
        id: 'address',
        header: t('address'),
        width: 'minmax(180px, 1.4fr)',
        leaves: 4,
        cell: (host) => <AddressCell host={host} />,
        compare: (a, b) => compareText(a.address, b.address),
      },
      {
        id: 'engine',
        header: t('engine'),
        width: '208px',
        leaves: 3,
        cell: ({ engine }) =>
          engine ? (
            <span title={`API ${engine.apiVersion}`}>
              {engine.flavour === 'podman' ? 'Podman' : 'Docker'} {engine.version}{' '}
              <span className="text-ink-faint text-xs">API {engine.apiVersion}</span>
            </span>
          ) : (
            <span className="text-ink-faint">–</span>
          ),
        compare: (a, b) => compareText(a.engine?.version ?? '', b.engine?.version ?? ''),
      },
      {
        id: 'containers',
        header: t('containers'),
        width: '100px',
        leaves: 5,
        align: 'end',
        cell: (host) => <Counts host={host} />,
      },
      {
        id: 'latency',
        header: t('latency'),
        width: '84px',
        leaves: 2,
        align: 'end',
        cell: ({ latencyMs }) => (
          <span className="text-ink-muted tabular-nums">
            {latencyMs === null ? '–' : format.latency(latencyMs)}
          </span>
        ),
        compare: (a, b) => (a.latencyMs ?? 1e9) - (b.latencyMs ?? 1e9),
      },
      {
        id: 'seen',
        header: t('seen'),
        width: '96px',
        leaves: 1,
        align: 'end',
        cell: (host) => <Age at={host.lastSeenAt} className="text-ink-muted" />,
        compare: (a, b) => compareText(a.lastSeenAt ?? '', b.lastSeenAt ?? ''),
      },
    ],
    [t, format],
  )
}

function NameCell({ host }: { host: Host }) {
  return (
    <span className="flex min-w-0 items-center gap-1.5">
      <span className="truncate font-medium">{host.name}</span>
      <span className="flex min-w-0 shrink-[99] gap-1.5 overflow-hidden" title={host.tags.join(', ')}>
        {host.tags.map((tag) => (
          <Badge key={tag}>{tag}</Badge>
        ))}
      </span>
    </span>
  )
}

/** The address; and where the host is not well, why, in its place. */
function AddressCell({ host }: { host: Host }) {
  const t = useTranslations('hosts')
  const errorText = useErrorText()
  const error = host.error ?? unreadOf(host)?.error
  const { withoutEvents, notices } = host.reading
  if (!error) {
    return (
      <>
        <code className="text-ink-muted">{host.address}</code>
        {withoutEvents && (
          <span className="text-caution text-xs" title={errorText(withoutEvents.error).sentence}>
            {' '}
            {t('withoutEvents', { seconds: withoutEvents.everySeconds })}
          </span>
        )}
        {notices.map((notice) => (
          <span key={notice.error.code} className="block text-caution text-xs">
            {errorText(notice.error).sentence}
          </span>
        ))}
      </>
    )
  }
  const { sentence } = errorText(error)
  return (
    <span className="text-danger" title={`${host.address}: ${sentence}`}>
      {sentence}
    </span>
  )
}

function Counts({ host }: { host: Host }) {
  const t = useTranslations('hosts')
  const containers = useFleet((fleet) => fleet.containers)
  const { running, total } = useMemo(() => {
    const own = [...containers.values()].filter((container) => container.hostId === host.id)
    return { running: own.filter((container) => container.state === 'running').length, total: own.length }
  }, [containers, host.id])
  const isPart = usePartlySeen([host]).length > 0
  if (!isCounted(host)) return <span className="text-ink-faint">{t('notRead')}</span>
  return <span className="tabular-nums">{t(isPart ? 'countsInPart' : 'counts', { running, total })}</span>
}

/** Two lines: what it is and how it is; where it is and when it was last seen. */
export function HostPhoneRow({ host }: { host: Host }) {
  return (
    <div className="flex min-w-0 flex-col gap-0.5">
      <span className="flex items-center justify-between gap-2">
        <NameCell host={host} />
        <span className="shrink-0">
          <HostStateMark host={host} />
        </span>
      </span>
      <span className="flex items-center justify-between gap-2 text-xs">
        <span className="truncate text-ink-muted">
          <AddressCell host={host} />
        </span>
        <Age at={host.lastSeenAt} className="shrink-0 text-ink-muted" />
      </span>
    </div>
  )
}
