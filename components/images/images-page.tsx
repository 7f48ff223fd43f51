'use client'
import { Download, Hammer, Layers } from 'lucide-react'
import { parseAsString, useQueryState, useQueryStates } from 'nuqs'
import { lazy, Suspense, useMemo, useState } from 'react'
import { useTranslations } from 'use-intl'
import { useContainers, useFleet, useHosts, useImages, useLoaded } from '#components/data/use-live.ts'
import { usePermission } from '#components/data/use-session.ts'
import { compareText, formatSort, parseSort, sortRows } from '#components/data-table/columns.ts'
import { DataTable } from '#components/data-table/data-table.tsx'
import { PageHeader } from '#components/shell/page-header.tsx'
import { Age } from '#components/ui/age.tsx'
import { Button } from '#components/ui/button.tsx'
import { EmptyState } from '#components/ui/empty-state.tsx'
import { ListFilter } from '#components/ui/list-filter.tsx'
import { useFormat } from '#components/ui/use-format.ts'
import { UpdateBar } from '#components/updates/update-bar.tsx'
import { groupImages, type ImageGroup, labelOf } from '#lib/image-groups.ts'
import { everywhere, lacking } from './copy-hosts.ts'
import { ImageTags, useImageColumns } from './image-columns.tsx'
import { matchesImage } from './image-filter.ts'
import { type ImageAction, ImageMenu, useMayWithImages } from './image-menu.tsx'

const ImageDrawer = lazy(() =>
  import('./image-drawer.tsx').then((module) => ({ default: module.ImageDrawer })),
)
const TagImageDialog = lazy(() =>
  import('./image-dialogs.tsx').then((module) => ({ default: module.TagImageDialog })),
)
const RemoveImagesDialog = lazy(() =>
  import('./image-dialogs.tsx').then((module) => ({ default: module.RemoveImagesDialog })),
)

const BuildDialog = lazy(() =>
  import('./build-dialog.tsx').then((module) => ({ default: module.BuildDialog })),
)
const CopyImagesDialog = lazy(() =>
  import('./copy-dialogs.tsx').then((module) => ({ default: module.CopyImagesDialog })),
)
const SaveImagesDialog = lazy(() =>
  import('./copy-dialogs.tsx').then((module) => ({ default: module.SaveImagesDialog })),
)
const PullDialog = lazy(() =>
  import('./transfer-dialogs.tsx').then((module) => ({ default: module.PullDialog })),
)
const PushDialog = lazy(() =>
  import('./transfer-dialogs.tsx').then((module) => ({ default: module.PushDialog })),
)

const keyOf = (group: ImageGroup) => group.id

/** Images of all hosts, one row for each content. */
export function ImagesPage() {
  const t = useTranslations('images')
  const common = useTranslations('common')
  const images = useImages()
  const containers = useContainers()
  const hosts = useFleet((fleet) => fleet.hosts)
  const allImages = useFleet((fleet) => fleet.images)
  const hostsInScope = useHosts().length
  const loaded = useLoaded()
  const mayBuild = usePermission('images.build')
  const mayPull = usePermission('images.pull')
  const may = useMayWithImages()
  const [view, setView] = useQueryStates({
    filter: parseAsString.withDefault(''),
    sort: parseAsString.withDefault('tags'),
  })
  const [open, setOpen] = useQueryState('open', parseAsString.withOptions({ history: 'push' }))
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const [tagging, setTagging] = useState<ImageGroup | null>(null)
  const [pulling, setPulling] = useState<{ reference: string; hostIds: readonly string[] } | null>(null)
  const [pushing, setPushing] = useState<ImageGroup | null>(null)
  const [copying, setCopying] = useState<readonly ImageGroup[] | null>(null)
  const [saving, setSaving] = useState<readonly ImageGroup[] | null>(null)
  const [building, setBuilding] = useState(false)
  const [removing, setRemoving] = useState<readonly ImageGroup[] | null>(null)

  const all = useMemo(() => groupImages(images, containers), [images, containers])
  const columns = useImageColumns(hosts, hostsInScope)
  const sort = useMemo(() => parseSort(view.sort, { column: 'tags', descending: false }), [view.sort])
  const rows = useMemo(() => {
    const matching = all.filter((group) => matchesImage(group, view.filter, hosts))
    return sortRows(
      matching.sort((a, b) => compareText(labelOf(a), labelOf(b))),
      columns,
      sort,
    )
  }, [all, view.filter, hosts, columns, sort])
  const groups = useMemo(() => (rows.length > 0 ? [{ key: '', label: '', rows }] : []), [rows])
  const opened = all.find((group) => group.id === open)
  const selection = all.filter((group) => selected.has(group.id))

  const mayAll = (action: ImageAction) => selection.every((group) => may(action, group))
  const pullMissing = (group: ImageGroup) =>
    setPulling({
      reference: group.tags[0] ?? '',
      hostIds: lacking(everywhere([group], allImages.values()), hosts),
    })
  const act = (action: ImageAction, group: ImageGroup) => {
    if (action === 'pull') pullMissing(group)
    else if (action === 'copy') setCopying([group])
    else if (action === 'save') setSaving([group])
    else if (action === 'push') setPushing(group)
    else if (action === 'tag') setTagging(group)
    else setRemoving([group])
  }

  return (
    <div className="fill">
      <PageHeader
        title={t('title')}
        count={
          loaded
            ? rows.length === all.length
              ? rows.length
              : t('count', { shown: rows.length, total: all.length })
            : undefined
        }
        actions={
          <>
            {mayBuild && (
              <Button size="sm" onClick={() => setBuilding(true)}>
                <Hammer aria-hidden /> {t('action.build')}
              </Button>
            )}
            {mayPull && (
              <Button size="sm" onClick={() => setPulling({ reference: '', hostIds: [] })}>
                <Download aria-hidden /> {t('action.pull')}
              </Button>
            )}
          </>
        }
      />
      <ListFilter
        className="mx-4 mb-2 md:mx-5"
        label={t('filter')}
        value={view.filter}
        onChange={(filter) => void setView({ filter })}
      />
      <UpdateBar />
      <DataTable
        label={t('title')}
        columns={columns}
        groups={groups}
        rowKey={keyOf}
        rowLabel={labelOf}
        sort={sort}
        onSort={(next) => void setView({ sort: formatSort(next) })}
        selected={selected}
        onSelect={setSelected}
        openKey={opened?.id ?? null}
        onOpen={(group) => void setOpen(group.id, { history: open ? 'replace' : 'push' })}
        phoneRow={(group) => <PhoneRow group={group} hostsInScope={hostsInScope} />}
        menu={(group, menuOpen, onOpenChange) => (
          <ImageMenu
            group={group}
            label={labelOf(group)}
            open={menuOpen}
            onOpenChange={onOpenChange}
            onAct={(action) => act(action, group)}
          />
        )}
        loading={!loaded}
        empty={
          view.filter === '' ? (
            <EmptyState icon={<Layers />} title={t('empty.title')}>
              {t('empty.text')}
            </EmptyState>
          ) : (
            <EmptyState
              icon={<Layers />}
              title={t('empty.filteredTitle')}
              action={
                <Button inPreview onClick={() => void setView({ filter: null })}>
                  {t('empty.clear')}
                </Button>
              }
            >
              {t('empty.filteredText')}
            </EmptyState>
          )
        }
      />
      {selection.length > 0 && (
        <div className="flex shrink-0 items-center gap-2 border-t bg-raised px-4 py-1.5 md:px-5">
          <span className="mr-2 font-medium">{common('selected', { count: selection.length })}</span>
          {mayAll('copy') && (
            <Button size="sm" onClick={() => setCopying(selection)}>
              {t('action.copy')}
            </Button>
          )}
          {mayAll('save') && (
            <Button size="sm" onClick={() => setSaving(selection)}>
              {t('action.save')}
            </Button>
          )}
          {mayAll('remove') && (
            <Button size="sm" variant="danger" onClick={() => setRemoving(selection)}>
              {t('action.remove')}
            </Button>
          )}
          <Button
            inPreview
            size="sm"
            variant="ghost"
            className="ml-auto"
            onClick={() => setSelected(new Set())}
          >
            {common('clear')}
          </Button>
        </div>
      )}
      <Suspense>
        {open && <ImageDrawer group={opened} onClose={() => void setOpen(null)} onAct={act} />}
        {building && <BuildDialog onClose={() => setBuilding(false)} />}
        {pulling && <PullDialog {...pulling} onClose={() => setPulling(null)} />}
        {copying && <CopyImagesDialog groups={copying} onClose={() => setCopying(null)} />}
        {saving && <SaveImagesDialog groups={saving} onClose={() => setSaving(null)} />}
        {pushing && <PushDialog group={pushing} onClose={() => setPushing(null)} />}
        {tagging && <TagImageDialog group={tagging} onClose={() => setTagging(null)} />}
        {removing && <RemoveImagesDialog groups={removing} onClose={() => setRemoving(null)} />}
      </Suspense>
    </div>
  )
}

function PhoneRow({ group, hostsInScope }: { group: ImageGroup; hostsInScope: number }) {
  const t = useTranslations('images')
  const format = useFormat()
  return (
    <div className="flex min-w-0 flex-col gap-0.5">
      <span className="truncate">
        <ImageTags group={group} />
      </span>
      <span className="flex justify-between gap-2 text-ink-muted text-xs">
        <span className="truncate">
          {t('columns.hosts')} {t('onHosts', { count: group.copies.length, total: hostsInScope })} ·{' '}
          {format.bytes(group.size)}
        </span>
        <Age at={group.createdAt} />
      </span>
    </div>
  )
}
