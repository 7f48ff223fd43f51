'use client'
import { useMemo } from 'react'
import { useTranslations } from 'use-intl'
import { type Column, compareText } from '#components/data-table/columns.ts'
import { HostCell } from '#components/object-list/host-cell.tsx'
import { Age } from '#components/ui/age.tsx'
import type { Host } from '#lib/contracts/hosts.ts'
import type { VolumeRow } from '#lib/volumes/rows.ts'
import type { SizesOfVolumes } from './use-volume-sizes.ts'
import { VolumeName, VolumeSize, VolumeUse } from './volume-cells.tsx'

export const defaultColumns = ['name', 'host', 'driver', 'stack', 'used', 'size', 'created']

export function useVolumeColumns(
  hosts: ReadonlyMap<string, Host>,
  sizes: SizesOfVolumes,
): Column<VolumeRow>[] {
  const t = useTranslations('volumes.columns')
  return useMemo((): Column<VolumeRow>[] => {
    const hostOf = ({ volume }: VolumeRow) => hosts.get(volume.hostId)
    const sizeOf = ({ volume }: VolumeRow) => sizes.of(volume) ?? -1
    return [
      {
        id: 'name',
        header: t('name'),
        width: 'minmax(200px, 2fr)',
        cell: (row) => <VolumeName row={row} />,
        compare: (a, b) => compareText(a.volume.id, b.volume.id),
      },
      {
        id: 'host',
        header: t('host'),
        width: 'minmax(110px, 1fr)',
        cell: (row) => <HostCell host={hostOf(row)} kind="volumes" />,
        compare: (a, b) => compareText(hostOf(a)?.name ?? '', hostOf(b)?.name ?? ''),
      },
      {
        id: 'driver',
        header: t('driver'),
        width: '92px',
        leaves: 1,
        cell: ({ volume }) => <span className="text-ink-muted">{volume.driver}</span>,
        compare: (a, b) => compareText(a.volume.driver, b.volume.driver),
      },
      {
        id: 'stack',
        header: t('stack'),
        width: 'minmax(96px, 1fr)',
        leaves: 2,
        cell: ({ stack }) => <span className="text-ink-muted">{stack ?? '–'}</span>,
        compare: (a, b) => compareText(a.stack ?? '~', b.stack ?? '~'),
      },
      {
        id: 'used',
        header: t('used'),
        width: '150px',
        leaves: 4,
        cell: (row) => <VolumeUse row={row} />,
        compare: (a, b) => a.running - b.running || a.users.length - b.users.length,
      },
      {
        id: 'size',
        header: t('size'),
        width: '92px',
        leaves: 5,
        align: 'end',
        cell: (row) => <VolumeSize row={row} sizes={sizes} />,
        compare: (a, b) => sizeOf(a) - sizeOf(b),
      },
      {
        id: 'labels',
        header: t('labels'),
        width: 'minmax(120px, 1fr)',
        leaves: 0,
        cell: ({ volume }) => {
          const labels = Object.entries(volume.labels).map(([name, value]) => `${name}=${value}`)
          return (
            <span className="text-ink-muted" title={labels.join('\n')}>
              {labels.join(', ') || '–'}
            </span>
          )
        },
      },
      {
        id: 'created',
        header: t('created'),
        width: '84px',
        leaves: 3,
        align: 'end',
        cell: ({ volume }) => <Age at={volume.createdAt} className="text-ink-muted" />,
        compare: (a, b) => compareText(a.volume.createdAt ?? '', b.volume.createdAt ?? ''),
      },
    ]
  }, [t, hosts, sizes])
}
