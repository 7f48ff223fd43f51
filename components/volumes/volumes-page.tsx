'use client'
import { Database, Eraser, Plus } from 'lucide-react'
import Link from 'next/link'
import { lazy, useCallback, useMemo, useState } from 'react'
import { useTranslations } from 'use-intl'
import { useContainers, useFleet, useObjects } from '#components/data/use-live.ts'
import { useScopedHref } from '#components/data/use-scope.ts'
import { useMay, usePermission } from '#components/data/use-session.ts'
import { HostCell } from '#components/object-list/host-cell.tsx'
import { ObjectListPage } from '#components/object-list/object-list.tsx'
import { SelectionBar } from '#components/object-list/selection-bar.tsx'
import { useObjectList } from '#components/object-list/use-object-list.ts'
import { Button } from '#components/ui/button.tsx'
import { matchesVolume } from '#lib/volumes/filter.ts'
import { type VolumeRow, volumeRows } from '#lib/volumes/rows.ts'
import { SizeNote } from './size-note.tsx'
import { type SizesOfVolumes, useVolumeSizes } from './use-volume-sizes.ts'
import { VolumeName, VolumeSize, VolumeUse } from './volume-cells.tsx'
import { defaultColumns, useVolumeColumns } from './volume-columns.tsx'
import { useVolumeCommands } from './volume-commands.tsx'
import { VolumeMenu } from './volume-menu.tsx'

// What opens on demand is loaded on demand.
const VolumeDrawer = lazy(() =>
  import('./volume-drawer.tsx').then((module) => ({ default: module.VolumeDrawer })),
)
const CreateVolumeDialog = lazy(() =>
  import('./create-volume-dialog.tsx').then((module) => ({ default: module.CreateVolumeDialog })),
)
const RemoveVolumesDialog = lazy(() =>
  import('./remove-volumes-dialog.tsx').then((module) => ({ default: module.RemoveVolumesDialog })),
)

const keyOf = (row: VolumeRow) => row.key
const labelOf = (row: VolumeRow) => row.volume.id
const hostIdOf = (row: VolumeRow) => row.volume.hostId

/** Volumes of all hosts in one table: each host's own, since the same name elsewhere is another volume. */
export function VolumesPage() {
  const t = useTranslations('volumes')
  const volumes = useObjects('volumes')
  const containers = useContainers()
  const hosts = useFleet((fleet) => fleet.hosts)
  const mayCreate = usePermission('volumes.create')
  const may = useMay()
  const href = useScopedHref()
  const sizes = useVolumeSizes()
  const [creating, setCreating] = useState(false)
  const [removing, setRemoving] = useState<readonly VolumeRow[] | null>(null)

  const rows = useMemo(() => volumeRows(volumes, containers), [volumes, containers])
  const columns = useVolumeColumns(hosts, sizes)
  const matching = useCallback(
    (filter: string) => {
      const matches = matchesVolume(filter)
      return (row: VolumeRow) => matches(row, hosts.get(row.volume.hostId)?.name ?? '')
    },
    [hosts],
  )
  const groupings = useMemo(() => {
    const useOf = ({ running, users }: VolumeRow) =>
      running > 0 ? 'running' : users.length > 0 ? 'stopped' : 'unused'
    return [
      {
        id: 'stack',
        label: t('group.stack'),
        keyOf: ({ stack }: VolumeRow) => stack ?? '',
        labelOf: ({ stack }: VolumeRow) => stack || t('group.noStack'),
      },
      {
        id: 'driver',
        label: t('group.driver'),
        keyOf: ({ volume }: VolumeRow) => volume.driver,
        labelOf: ({ volume }: VolumeRow) => volume.driver,
      },
      {
        id: 'use',
        label: t('group.use'),
        keyOf: useOf,
        labelOf: (row: VolumeRow) => t(`group.${useOf(row)}`),
      },
    ]
  }, [t])
  const list = useObjectList({
    rows,
    columns,
    chosenColumns: defaultColumns,
    sortedBy: 'name',
    keyOf,
    labelOf,
    hostIdOf,
    matching,
    groupings,
  })
  const mayRemove = ({ volume }: VolumeRow) => may('volumes.remove', { hostId: volume.hostId })
  const removable = list.selection.length > 0 && list.selection.every(mayRemove)
  useVolumeCommands({
    create: mayCreate ? () => setCreating(true) : null,
    selected: removable ? list.selection : [],
    remove: setRemoving,
  })

  return (
    <ObjectListPage
      list={list}
      kind="volumes"
      icon={<Database />}
      title={t('title')}
      filter={t('filter')}
      empty={{ title: t('empty.title'), text: t('empty.text') }}
      actions={
        <>
          <Button asChild size="sm" className="max-md:hidden">
            <Link href={href('/disk')}>
              <Eraser aria-hidden /> {t('action.prune')}
            </Link>
          </Button>
          {mayCreate && (
            <Button size="sm" variant="primary" onClick={() => setCreating(true)}>
              <Plus aria-hidden /> {t('action.create')}
            </Button>
          )}
        </>
      }
      notes={<SizeNote sizes={sizes} />}
      phoneRow={(row) => <PhoneRow row={row} sizes={sizes} />}
      menu={(row, open, onOpenChange) => (
        <VolumeMenu
          row={row}
          open={open}
          onOpenChange={onOpenChange}
          onOpen={() => list.openRow(row)}
          onRemove={mayRemove(row) ? () => setRemoving([row]) : null}
        />
      )}
      selectionBar={
        <SelectionBar list={list} label={t('selection')}>
          {removable && (
            <Button size="sm" variant="danger" onClick={() => setRemoving(list.selection)}>
              {t('action.remove')}
            </Button>
          )}
        </SelectionBar>
      }
    >
      {list.open && (
        <VolumeDrawer
          address={list.open}
          row={list.opened}
          sizes={sizes}
          onClose={list.close}
          onRemove={list.opened && mayRemove(list.opened) ? (row) => setRemoving([row]) : null}
        />
      )}
      {creating && <CreateVolumeDialog onClose={() => setCreating(false)} />}
      {removing && (
        <RemoveVolumesDialog
          rows={removing}
          sizes={sizes}
          onStarted={list.clearSelection}
          onClose={() => setRemoving(null)}
        />
      )}
    </ObjectListPage>
  )
}

/** Two lines: what it is and who has it; where it is and how large. */
function PhoneRow({ row, sizes }: { row: VolumeRow; sizes: SizesOfVolumes }) {
  const host = useFleet((fleet) => fleet.hosts).get(row.volume.hostId)
  return (
    <div className="flex min-w-0 flex-col gap-0.5">
      <span className="flex items-baseline justify-between gap-2">
        <span className="min-w-0 truncate">
          <VolumeName row={row} />
        </span>
        <span className="shrink-0 text-xs">
          <VolumeUse row={row} />
        </span>
      </span>
      <span className="flex justify-between gap-2 text-ink-muted text-xs">
        <span className="truncate">
          <HostCell host={host} kind="volumes" />
          {row.stack && ` · ${row.stack}`}
        </span>
        <span className="shrink-0">
          <VolumeSize row={row} sizes={sizes} />
        </span>
      </span>
    </div>
  )
}
