'use client'
import { Container as ContainerIcon } from 'lucide-react'
import { lazy, useCallback, useMemo, useState } from 'react'
import { useTranslations } from 'use-intl'
import { FilterBar } from '#components/container-filter/filter-bar.tsx'
import { WhyEmpty } from '#components/container-filter/why-empty.tsx'
import { useContainers, useFleet, useHosts } from '#components/data/use-live.ts'
import { usePartlySeen } from '#components/data/use-session.ts'
import { ObjectListPage } from '#components/object-list/object-list.tsx'
import { useListSort, useObjectList } from '#components/object-list/use-object-list.ts'
import { useSortStats } from '#components/stats/use-stats.ts'
import { matchesFilter, parseContainerFilter } from '#lib/containers/filter.ts'
import { undoerOf } from '#lib/containers/managed-by.ts'
import type { BulkAction } from '#lib/contracts/bulk.ts'
import type { Container } from '#lib/contracts/containers.ts'
import { objectKey } from '#lib/fleet/apply-live.ts'
import type { Question } from './action-dialogs.tsx'
import { defaultColumns, useContainerColumns } from './container-columns.tsx'
import { ContainerMenu } from './container-menu.tsx'
import { ContainerPhoneRow } from './container-phone-row.tsx'
import { isStale } from './container-state.tsx'
import { NewContainerLink } from './new-container-link.tsx'
import { useSelectionCommands } from './selection-commands.ts'
import { useContainerActions } from './use-container-actions.ts'

// What opens on demand is loaded on demand: the first view stays small.
const ActionDialog = lazy(() =>
  import('./action-dialogs.tsx').then((module) => ({ default: module.ActionDialog })),
)
const BulkBar = lazy(() => import('./bulk-bar.tsx').then((module) => ({ default: module.BulkBar })))
const BulkDialog = lazy(() => import('./bulk-dialog.tsx').then((module) => ({ default: module.BulkDialog })))
const ContainerDrawer = lazy(() =>
  import('./container-drawer.tsx').then((module) => ({ default: module.ContainerDrawer })),
)

const keyOf = (container: Container) => objectKey(container.hostId, container.id)
const labelOf = (container: Container) => container.name
const hostIdOf = (container: Container) => container.hostId
/** `?open=hostId/first 12 of the id`, as the docker CLI shows ids. */
const addressOf = (container: Container) => `${container.hostId}/${container.id.slice(0, 12)}`
const isAt = (container: Container, address: string) => {
  const [hostId, short = ''] = address.split('/', 2)
  return short !== '' && container.hostId === hostId && container.id.startsWith(short)
}

/** Containers of all hosts in one table. */
export function ContainersPage() {
  const t = useTranslations('containers')
  const containers = useContainers()
  const hosts = useFleet((fleet) => fleet.hosts)
  const scopedHosts = useHosts()
  const isPart = usePartlySeen(scopedHosts).length > 0
  const [question, setQuestion] = useState<Question | null>(null)
  const [bulk, setBulk] = useState<{ action: BulkAction; containers: readonly Container[] } | null>(null)
  const { run } = useContainerActions()

  const [sort] = useListSort('name')
  const stats = useSortStats(sort.column === 'cpu' || sort.column === 'memory')
  const columns = useContainerColumns(hosts, stats)
  const matching = useCallback(
    (filter: string) => {
      const parsed = parseContainerFilter(filter)
      // While a filter cannot be read the rows stay; what is wrong is said below it.
      const terms = parsed.ok ? parsed.terms : []
      return (container: Container) => matchesFilter(terms, container, hosts.get(container.hostId))
    },
    [hosts],
  )
  const groupings = useMemo(
    () => [
      {
        id: 'stack',
        label: t('group.stack'),
        keyOf: ({ stack }: Container) => stack ?? '',
        labelOf: ({ stack }: Container) => stack || t('group.noStack'),
      },
    ],
    [t],
  )
  const list = useObjectList({
    rows: containers,
    columns,
    chosenColumns: defaultColumns,
    sortedBy: 'name',
    keyOf,
    labelOf,
    hostIdOf,
    addressOf,
    isAt,
    matching,
    groupings,
  })

  const act = (action: BulkAction, chosen: readonly Container[]) => {
    const [only] = chosen
    if (chosen.length !== 1 || !only) setBulk({ action, containers: chosen })
    else if (action === 'kill' || action === 'remove' || (action === 'stop' && undoerOf(action, only)))
      setQuestion({ action, container: only })
    else void run(only, action)
  }
  useSelectionCommands(list.selection, list.opened, act)

  return (
    <ObjectListPage
      list={list}
      kind="containers"
      icon={<ContainerIcon />}
      title={t('title')}
      filter={
        <FilterBar
          value={list.filter}
          onChange={list.setFilter}
          containers={containers}
          hosts={scopedHosts}
        />
      }
      empty={{
        title: t('empty.title'),
        text: isPart ? t('empty.partText') : t('empty.text'),
        filtered: <WhyEmpty filter={list.filter} otherwise={t('empty.filteredText')} />,
      }}
      actions={<NewContainerLink />}
      phoneRow={(container) => <ContainerPhoneRow container={container} host={hosts.get(container.hostId)} />}
      menu={(container, open, onOpenChange) => (
        <ContainerMenu
          container={container}
          disabled={isStale(hosts.get(container.hostId))}
          open={open}
          onOpenChange={onOpenChange}
          onRun={(action) => void run(container, action)}
          onAsk={(action) => setQuestion({ action, container })}
        />
      )}
      selectionBar={<BulkBar list={list} onAct={(action) => act(action, list.selection)} />}
    >
      {question && (
        <ActionDialog
          question={question}
          onClose={() => setQuestion(null)}
          onRun={(asked, options) => void run(asked.container, asked.action, options)}
        />
      )}
      {bulk && <BulkDialog {...bulk} onClose={() => setBulk(null)} />}
      {list.open && (
        <ContainerDrawer
          open={list.open}
          container={list.opened}
          onClose={list.close}
          onAsk={(action, container) => setQuestion({ action, container })}
        />
      )}
    </ObjectListPage>
  )
}
