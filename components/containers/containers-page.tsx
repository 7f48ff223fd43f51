'use client'
import { Columns3, Container as ContainerIcon, Group } from 'lucide-react'
import { useRouter } from 'next/navigation'
import { parseAsArrayOf, parseAsString, parseAsStringLiteral, useQueryState, useQueryStates } from 'nuqs'
import { lazy, Suspense, useCallback, useMemo, useState } from 'react'
import { useTranslations } from 'use-intl'
import { useContainers, useFleet, useHosts, useLoaded } from '#components/data/use-live.ts'
import { useMay, usePartlySeen, usePermission } from '#components/data/use-session.ts'
import { compareText, formatSort, parseSort, sortRows } from '#components/data-table/columns.ts'
import { DataTable, type RowGroup } from '#components/data-table/data-table.tsx'
import { type Command, useCommands } from '#components/shell/commands.ts'
import { NothingGranted } from '#components/shell/nothing-granted.tsx'
import { PageHeader } from '#components/shell/page-header.tsx'
import { useSortStats } from '#components/stats/use-stats.ts'
import { Button } from '#components/ui/button.tsx'
import { EmptyState } from '#components/ui/empty-state.tsx'
import { Menu, MenuCheckItem, MenuRadioGroup } from '#components/ui/menu.tsx'
import { objectKey } from '#lib/apply-live.ts'
import { matchesFilter, parseContainerFilter } from '#lib/container-filter.ts'
import { isPossible, permissionOf } from '#lib/container-rules.ts'
import type { BulkAction } from '#lib/contracts/bulk.ts'
import type { Container } from '#lib/contracts/containers.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import type { Question } from './action-dialogs.tsx'
import { columnIds, defaultColumns, useContainerColumns } from './container-columns.tsx'
import { ContainerMenu } from './container-menu.tsx'
import { ContainerPhoneRow } from './container-phone-row.tsx'
import { isStale } from './container-state.tsx'
import { FilterBar } from './filter-bar.tsx'
import { NewContainerLink } from './new-container-link.tsx'
import { useContainerActions } from './use-container-actions.ts'

// What opens on demand is loaded on demand: the first view stays small.
const ActionDialog = lazy(() =>
  import('./action-dialogs.tsx').then((module) => ({ default: module.ActionDialog })),
)
const BulkBar = lazy(() => import('./bulk-bar.tsx').then((module) => ({ default: module.BulkBar })))
const BulkDialog = lazy(() =>
  import('#components/bulk/bulk-dialog.tsx').then((module) => ({ default: module.BulkDialog })),
)
const ContainerDrawer = lazy(() =>
  import('./container-drawer.tsx').then((module) => ({ default: module.ContainerDrawer })),
)

const groupings = ['none', 'host', 'stack'] as const
type Grouping = (typeof groupings)[number]

const keyOf = (container: Container) => objectKey(container.hostId, container.id)
const nameOf = (container: Container) => container.name

/** Containers of all hosts in one table. All of its view is in the URL. */
export function ContainersPage() {
  const t = useTranslations('containers')
  const containers = useContainers()
  const hosts = useFleet((fleet) => fleet.hosts)
  const scopedHosts = useHosts()
  const loaded = useLoaded()
  const [view, setView] = useQueryStates({
    filter: parseAsString.withDefault(''),
    group: parseAsStringLiteral(groupings).withDefault('none'),
    sort: parseAsString.withDefault('name'),
    columns: parseAsArrayOf(parseAsStringLiteral(columnIds)).withDefault([...defaultColumns]),
  })
  const [open, setOpen] = useQueryState('open', parseAsString.withOptions({ history: 'push' }))
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const [question, setQuestion] = useState<Question | null>(null)
  const { run } = useContainerActions()
  const [bulk, setBulk] = useState<{ action: BulkAction; containers: readonly Container[] } | null>(null)

  const sort = useMemo(() => parseSort(view.sort, { column: 'name', descending: false }), [view.sort])
  const stats = useSortStats(sort.column === 'cpu' || sort.column === 'memory')
  const columns = useContainerColumns(hosts, stats)
  const visible = useMemo(
    () => columns.filter((column) => view.columns.includes(column.id as never)),
    [columns, view.columns],
  )
  const groups = useGroups(containers, hosts, columns, view.filter, view.group, sort)
  const shown = groups.reduce((sum, group) => sum + group.rows.length, 0)
  // Only what is in sight: an action must not reach rows that a filter hides.
  const selection = useMemo(
    () => groups.flatMap((group) => group.rows.filter((container) => selected.has(keyOf(container)))),
    [groups, selected],
  )
  const opened = useMemo(() => findOpen(containers, open), [containers, open])

  const openRow = useCallback(
    (container: Container) =>
      void setOpen(`${container.hostId}/${container.id.slice(0, 12)}`, {
        history: open ? 'replace' : 'push',
      }),
    [setOpen, open],
  )
  const act = (action: BulkAction, chosen: readonly Container[]) => {
    const [only] = chosen
    if (chosen.length !== 1 || !only) setBulk({ action, containers: chosen })
    else if (action === 'kill' || action === 'remove') setQuestion({ action, container: only })
    else void run(only, action)
  }
  useSelectionCommands(selection, opened, act)

  return (
    <div className="fill">
      <PageHeader
        title={t('title')}
        count={
          loaded
            ? shown === containers.length
              ? shown
              : t('count', { shown, total: containers.length })
            : undefined
        }
        actions={
          <>
            <NewContainerLink />
            <Menu
              trigger={
                <Button inPreview size="sm">
                  <Group aria-hidden />
                  <span className="sr-only">{t('group.label')}: </span>
                  <span className="max-md:sr-only">{t(`group.${view.group}`)}</span>
                </Button>
              }
            >
              <MenuRadioGroup
                value={view.group}
                onValueChange={(group: Grouping) => void setView({ group })}
                options={groupings.map((value) => ({ value, label: t(`group.${value}`) }))}
              />
            </Menu>
            <span className="max-md:hidden">
              <Menu
                trigger={
                  <Button inPreview size="sm">
                    <Columns3 aria-hidden /> {t('columnsMenu')}
                  </Button>
                }
              >
                {columnIds.map((id) => (
                  <MenuCheckItem
                    key={id}
                    checked={view.columns.includes(id)}
                    disabled={id === 'name'}
                    onCheckedChange={(on) =>
                      void setView({
                        columns: columnIds.filter((other) =>
                          other === id ? on : view.columns.includes(other),
                        ),
                      })
                    }
                  >
                    {t(`columns.${id}`)}
                  </MenuCheckItem>
                ))}
              </Menu>
            </span>
          </>
        }
      />
      <div className="flex shrink-0 items-start gap-2 px-4 pb-2 md:px-5">
        <FilterBar
          value={view.filter}
          onChange={(filter) => void setView({ filter: filter || null })}
          containers={containers}
          hosts={scopedHosts}
        />
      </div>
      <DataTable
        label={t('title')}
        columns={visible}
        groups={groups}
        rowKey={keyOf}
        rowLabel={nameOf}
        sort={sort}
        onSort={(next) => void setView({ sort: formatSort(next) })}
        selected={selected}
        onSelect={setSelected}
        openKey={opened ? keyOf(opened) : null}
        onOpen={openRow}
        phoneRow={(container) => (
          <ContainerPhoneRow container={container} host={hosts.get(container.hostId)} />
        )}
        rowClass={(container) => (isStale(hosts.get(container.hostId)) ? 'hatched' : undefined)}
        menu={(container, menuOpen, onOpenChange) => (
          <ContainerMenu
            container={container}
            disabled={isStale(hosts.get(container.hostId))}
            open={menuOpen}
            onOpenChange={onOpenChange}
            onRun={(action) => void run(container, action)}
            onAsk={(action) => setQuestion({ action, container })}
          />
        )}
        loading={!loaded}
        empty={
          <NoContainers
            filtered={view.filter !== ''}
            noHosts={hosts.size === 0}
            onClear={() => void setView({ filter: null })}
          />
        }
      />
      <Suspense>
        {selection.length > 0 && (
          <BulkBar
            selected={selection}
            onAct={(action) => act(action, selection)}
            onClear={() => setSelected(new Set())}
          />
        )}
      </Suspense>
      <Suspense>
        {question && (
          <ActionDialog
            question={question}
            onClose={() => setQuestion(null)}
            onRun={(asked, options) => void run(asked.container, asked.action, options)}
          />
        )}
        {bulk && <BulkDialog {...bulk} onClose={() => setBulk(null)} />}
        {open && (
          <ContainerDrawer
            open={open}
            container={opened}
            onClose={() => void setOpen(null)}
            onAsk={(action, container) => setQuestion({ action, container })}
          />
        )}
      </Suspense>
    </div>
  )
}

/** `?open=hostId/first 12 of the id`, as the docker CLI shows ids. */
function findOpen(containers: readonly Container[], open: string | null): Container | undefined {
  if (!open) return undefined
  const [hostId, short = ''] = open.split('/', 2)
  return short === ''
    ? undefined
    : containers.find((container) => container.hostId === hostId && container.id.startsWith(short))
}

function useGroups(
  containers: readonly Container[],
  hosts: ReadonlyMap<string, Host>,
  columns: ReturnType<typeof useContainerColumns>,
  filter: string,
  grouping: Grouping,
  sort: ReturnType<typeof parseSort>,
): RowGroup<Container>[] {
  const t = useTranslations('containers')
  const rows = useMemo(() => {
    const parsed = parseContainerFilter(filter)
    // While a filter cannot be read the rows stay; what is wrong is said below it.
    const terms = parsed.ok ? parsed.terms : []
    return sortRows(
      containers
        .filter((container) => matchesFilter(terms, container, hosts.get(container.hostId)))
        .sort((a, b) => compareText(a.name, b.name)),
      columns,
      sort,
    )
  }, [containers, hosts, columns, filter, sort])
  return useMemo(() => {
    if (grouping === 'none') return rows.length > 0 ? [{ key: '', label: '', rows }] : []
    const byKey = new Map<string, Container[]>()
    for (const row of rows) {
      const key = grouping === 'host' ? row.hostId : (row.stack ?? '')
      const list = byKey.get(key)
      if (list) list.push(row)
      else byKey.set(key, [row])
    }
    return [...byKey]
      .map(([key, list]) => ({
        key: `${grouping} ${key}`,
        label: grouping === 'host' ? (hosts.get(key)?.name ?? key) : key || t('group.noStack'),
        rows: list,
      }))
      .sort((a, b) => compareText(a.label, b.label))
  }, [rows, grouping, hosts, t])
}

/** Offers the actions on what is selected, or open, in the palette. */
function useSelectionCommands(
  selection: readonly Container[],
  opened: Container | undefined,
  run: (action: BulkAction, containers: readonly Container[]) => void,
): void {
  const t = useTranslations('containers')
  const may = useMay()
  const chosen = useMemo(
    () => (selection.length > 0 ? selection : opened ? [opened] : []),
    [selection, opened],
  )
  const commands = useMemo((): Command[] => {
    const [first] = chosen
    if (!first) return []
    const actions = ['start', 'stop', 'restart', 'pause', 'unpause', 'kill', 'remove'] as const
    return actions
      .filter((action) =>
        chosen.some(
          (container) =>
            isPossible(action, container) &&
            may(permissionOf[action], { hostId: container.hostId, container }),
        ),
      )
      .map((action) => ({
        id: `container-${action}`,
        label: `${t(`action.${action}`)} ${chosen.length === 1 ? first.name : `${chosen.length} ${t('title').toLowerCase()}`}`,
        destructive: action === 'remove',
        run: () => run(action, chosen),
      }))
  }, [chosen, may, t, run])
  useCommands(commands)
}

function NoContainers({
  filtered,
  noHosts,
  onClear,
}: {
  filtered: boolean
  noHosts: boolean
  onClear(): void
}) {
  const t = useTranslations('containers.empty')
  const router = useRouter()
  const mayAdd = usePermission('hosts.edit')
  const isPart = usePartlySeen(useHosts()).length > 0
  if (noHosts && !mayAdd) return <NothingGranted />
  if (noHosts) {
    return (
      <EmptyState
        icon={<ContainerIcon />}
        title={t('noHostsTitle')}
        action={
          <Button variant="primary" onClick={() => router.push('/hosts/add')}>
            {t('noHostsAction')}
          </Button>
        }
      >
        {t('noHostsText')}
      </EmptyState>
    )
  }
  if (filtered) {
    return (
      <EmptyState
        icon={<ContainerIcon />}
        title={t('filteredTitle')}
        action={
          <Button inPreview onClick={onClear}>
            {t('clear')}
          </Button>
        }
      >
        {t('filteredText')}
      </EmptyState>
    )
  }
  return (
    <EmptyState icon={<ContainerIcon />} title={t('title')}>
      {isPart ? t('partText') : t('text')}
    </EmptyState>
  )
}
