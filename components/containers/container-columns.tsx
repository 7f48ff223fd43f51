'use client'
import { TriangleAlert } from 'lucide-react'
import { useMemo } from 'react'
import { useTranslations } from 'use-intl'
import { type Column, compareText } from '#components/data-table/columns.ts'
import { HostCell } from '#components/object-list/host-cell.tsx'
import { CpuCell, MemoryCell } from '#components/stats/stats-cells.tsx'
import { Age } from '#components/ui/age.tsx'
import { cn } from '#components/ui/cn.ts'
import { useErrorText } from '#components/ui/error-text.ts'
import { Tooltip } from '#components/ui/tooltip.tsx'
import type { Container } from '#lib/contracts/containers.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import { objectKey } from '#lib/fleet/apply-live.ts'
import { type FleetStats, latest, statsKey } from '#lib/fleet/stats.ts'
import { LiveState } from './live-state.tsx'
import { ManagerMark } from './managed-by.tsx'
import { PortLinks } from './ports.tsx'
import { useActionStates } from './use-container-actions.ts'

export const columnIds = [
  'state',
  'name',
  'host',
  'image',
  'health',
  'cpu',
  'memory',
  'ports',
  'uptime',
  'created',
  'restarts',
  'stack',
  'command',
] as const
export type ColumnId = (typeof columnIds)[number]
export const defaultColumns: readonly ColumnId[] = [
  'state',
  'name',
  'host',
  'image',
  'health',
  'cpu',
  'memory',
  'ports',
  'uptime',
  'stack',
]

/** When the present state began, as far as it is known. */
export const sinceOf = (container: Container) =>
  container.state === 'exited' || container.state === 'dead' || container.state === 'restarting'
    ? container.finishedAt
    : container.startedAt

/** Worst first when sorted by state. */
const stateOrder = ['dead', 'restarting', 'exited', 'paused', 'removing', 'created', 'running']

/**
 * All columns of the containers table; the page shows those chosen.
 * @param stats the rows to sort by CPU or memory with; the cells look at theirs by themselves
 */
export function useContainerColumns(
  hosts: ReadonlyMap<string, Host>,
  stats: FleetStats['containers'],
): Column<Container>[] {
  const t = useTranslations('containers')
  return useMemo(() => {
    const hostName = (container: Container) => hosts.get(container.hostId)?.name ?? ''
    const text = (of: (container: Container) => string) => (a: Container, b: Container) =>
      compareText(of(a), of(b))
    const sortedBy = (container: Container, measure: 'cpu' | 'memory') =>
      container.state === 'running'
        ? latest(stats.get(statsKey(container.hostId, container.id))?.[measure])
        : null
    const header = (id: ColumnId) => t(`columns.${id}`)
    // Where there is no room for all, those leave first that are shown unless one says otherwise; what was asked for stays.
    const columns: (Column<Container> & { id: ColumnId })[] = [
      {
        id: 'state',
        header: header('state'),
        width: '168px',
        cell: (container) => <LiveState container={container} />,
        compare: (a, b) =>
          stateOrder.indexOf(a.state) - stateOrder.indexOf(b.state) ||
          (a.exitCode ? 0 : 1) - (b.exitCode ? 0 : 1),
      },
      {
        id: 'name',
        header: header('name'),
        width: 'minmax(150px, 1.4fr)',
        cell: (container) => <NameCell container={container} />,
        compare: text((container) => container.name),
      },
      {
        id: 'host',
        header: header('host'),
        width: 'minmax(104px, 0.8fr)',
        cell: (container) => <HostCell host={hosts.get(container.hostId)} kind="containers" />,
        compare: text(hostName),
      },
      {
        id: 'image',
        header: header('image'),
        width: 'minmax(150px, 1.4fr)',
        leaves: 5,
        cell: (container) => (
          <span title={`${container.image} ${container.imageId}`}>
            {container.image.replace(/^sha256:([0-9a-f]{12}).*/, '$1')}{' '}
            <code className="text-ink-faint">{container.imageId.slice(7, 15)}</code>
          </span>
        ),
        compare: text((container) => container.image),
      },
      {
        id: 'health',
        header: header('health'),
        width: '88px',
        leaves: 3,
        cell: ({ health }) => (
          <span
            className={cn(
              health === 'none' && 'text-ink-faint',
              health === 'unhealthy' && 'text-state-unhealthy',
              health === 'healthy' && 'text-state-running',
            )}
          >
            {t(`health.${health}`)}
          </span>
        ),
        compare: text((container) => container.health),
      },
      {
        id: 'cpu',
        header: header('cpu'),
        width: '112px',
        leaves: 7,
        align: 'end',
        cell: (container) => <CpuCell container={container} />,
        compare: (a, b) => (sortedBy(a, 'cpu') ?? -1) - (sortedBy(b, 'cpu') ?? -1),
      },
      {
        id: 'memory',
        header: header('memory'),
        width: '124px',
        leaves: 4,
        align: 'end',
        cell: (container) => <MemoryCell container={container} />,
        compare: (a, b) => (sortedBy(a, 'memory') ?? -1) - (sortedBy(b, 'memory') ?? -1),
      },
      {
        id: 'ports',
        header: header('ports'),
        width: 'minmax(84px, 0.7fr)',
        leaves: 2,
        cell: (container) => <PortLinks ports={container.ports} host={hosts.get(container.hostId)} />,
      },
      {
        id: 'uptime',
        header: header('uptime'),
        width: '72px',
        leaves: 6,
        align: 'end',
        cell: (container) => <Age at={sinceOf(container)} className="text-ink-muted" />,
        compare: text((container) => sinceOf(container) ?? ''),
      },
      {
        id: 'created',
        header: header('created'),
        width: '76px',
        leaves: 8,
        align: 'end',
        cell: (container) => <Age at={container.createdAt} className="text-ink-muted" />,
        compare: text((container) => container.createdAt),
      },
      {
        id: 'restarts',
        header: header('restarts'),
        width: '76px',
        leaves: 9,
        align: 'end',
        cell: ({ restartCount }) => (
          <span className={cn(restartCount ? 'text-caution' : 'text-ink-faint')}>{restartCount ?? '–'}</span>
        ),
        compare: (a, b) => (a.restartCount ?? -1) - (b.restartCount ?? -1),
      },
      {
        id: 'stack',
        header: header('stack'),
        width: 'minmax(76px, 0.6fr)',
        leaves: 1,
        cell: ({ stack }) => stack ?? <span className="text-ink-faint">–</span>,
        compare: text((container) => container.stack ?? ''),
      },
      {
        id: 'command',
        header: header('command'),
        width: 'minmax(160px, 1fr)',
        leaves: 10,
        cell: ({ command }) => (
          <code className="text-ink-muted" title={command}>
            {command}
          </code>
        ),
        compare: text((container) => container.command),
      },
    ]
    return columns
  }, [hosts, stats, t])
}

/**
 * The name, and beside it what went wrong with the latest action, until it is tried again.
 * @param alone no other column tells of it: all that looks after it is marked here
 */
export function NameCell({ container, alone = false }: { container: Container; alone?: boolean }) {
  const failure = useActionStates().failures.get(objectKey(container.hostId, container.id))
  const errorText = useErrorText()
  const words = failure ? errorText(failure.error) : null
  return (
    <span className="flex min-w-0 items-center gap-1.5">
      <span className="truncate font-medium text-ink">{container.name}</span>
      <ManagerMark container={container} all={alone} />
      {words && (
        <Tooltip content={`${words.sentence} ${words.detail ?? ''}`}>
          <span role="img" aria-label={words.sentence} className="text-danger">
            <TriangleAlert className="size-3.5" />
          </span>
        </Tooltip>
      )}
    </span>
  )
}
