'use client'
import { Download, Hammer, Layers } from 'lucide-react'
import { lazy, useCallback, useMemo, useState } from 'react'
import { useTranslations } from 'use-intl'
import { useContainers, useFleet, useHosts, useImages } from '#components/data/use-live.ts'
import { usePermission } from '#components/data/use-session.ts'
import { ObjectListPage } from '#components/object-list/object-list.tsx'
import { SelectionBar } from '#components/object-list/selection-bar.tsx'
import { useObjectList } from '#components/object-list/use-object-list.ts'
import { Age } from '#components/ui/age.tsx'
import { Button } from '#components/ui/button.tsx'
import { useFormat } from '#components/ui/use-format.ts'
import { UpdateBar } from '#components/updates/update-bar.tsx'
import { groupImages, type ImageGroup, labelOf } from '#lib/images/groups.ts'
import { type Asked, AskedDialog } from './asked-dialog.tsx'
import { ImageTags, useImageColumns } from './image-columns.tsx'
import { matchesImage } from './image-filter.ts'
import { type ImageAction, ImageMenu, useMayWithImages } from './image-menu.tsx'

const ImageDrawer = lazy(() =>
  import('./image-drawer.tsx').then((module) => ({ default: module.ImageDrawer })),
)

const keyOf = (group: ImageGroup) => group.id

/** Images of all hosts, one row for each content. */
export function ImagesPage() {
  const t = useTranslations('images')
  const images = useImages()
  const containers = useContainers()
  const hosts = useFleet((fleet) => fleet.hosts)
  const hostsInScope = useHosts().length
  // What a builder runs is held to nothing: the server asks for both.
  const hasPower = usePermission('containers.unrestricted')
  const mayBuild = usePermission('images.build') && hasPower
  const mayPull = usePermission('images.pull')
  const may = useMayWithImages()
  const [asked, setAsked] = useState<Asked | null>(null)

  const rows = useMemo(() => groupImages(images, containers), [images, containers])
  const columns = useImageColumns(hosts, hostsInScope)
  const matching = useCallback(
    (filter: string) => (group: ImageGroup) => matchesImage(group, filter, hosts),
    [hosts],
  )
  const list = useObjectList({ rows, columns, sortedBy: 'tags', keyOf, labelOf, matching })
  const ask = (action: Asked['action'], ...groups: ImageGroup[]) => setAsked({ action, groups })
  const forSelection = (action: ImageAction) =>
    list.selection.every((group) => may(action, group)) && (
      <Button
        size="sm"
        variant={action === 'remove' ? 'danger' : 'default'}
        onClick={() => ask(action, ...list.selection)}
      >
        {t(`action.${action}`)}
      </Button>
    )

  return (
    <ObjectListPage
      list={list}
      kind="images"
      icon={<Layers />}
      title={t('title')}
      filter={t('filter')}
      empty={{ title: t('empty.title'), text: t('empty.text') }}
      actions={
        <>
          {mayBuild && (
            <Button size="sm" onClick={() => ask('build')}>
              <Hammer aria-hidden /> {t('action.build')}
            </Button>
          )}
          {mayPull && (
            <Button size="sm" onClick={() => ask('pull')}>
              <Download aria-hidden /> {t('action.pull')}
            </Button>
          )}
        </>
      }
      notes={<UpdateBar />}
      phoneRow={(group) => <PhoneRow group={group} hostsInScope={hostsInScope} />}
      menu={(group, open, onOpenChange) => (
        <ImageMenu
          group={group}
          label={labelOf(group)}
          open={open}
          onOpenChange={onOpenChange}
          onAct={(action) => ask(action, group)}
        />
      )}
      selectionBar={
        <SelectionBar list={list} label={t('selection')}>
          {forSelection('copy')}
          {forSelection('save')}
          {forSelection('remove')}
        </SelectionBar>
      }
    >
      {list.open && <ImageDrawer group={list.opened} onClose={list.close} onAct={ask} />}
      {asked && <AskedDialog asked={asked} onClose={() => setAsked(null)} />}
    </ObjectListPage>
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
