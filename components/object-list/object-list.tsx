'use client'
import { type ReactNode, Suspense } from 'react'
import { useTranslations } from 'use-intl'
import { useLoaded } from '#components/data/use-live.ts'
import { DataTable } from '#components/data-table/data-table.tsx'
import { PageHeader } from '#components/page/page-header.tsx'
import { ListFilter } from '#components/ui/list-filter.tsx'
import { isOldOf, type ReadKind } from '#lib/fleet/host-reading.ts'
import { EmptyList, type EmptyWords } from './empty-list.tsx'
import { ColumnMenu, GroupMenu } from './list-menus.tsx'
import { UnreadNote } from './unread-note.tsx'
import type { ObjectList } from './use-object-list.ts'

interface Props<R> {
  list: ObjectList<R>
  /** What hosts are asked for to show it. Absent: hosts themselves. */
  kind?: ReadKind
  icon: ReactNode
  title: string
  /** What the filter field is called; or the field. */
  filter: string | ReactNode
  empty: EmptyWords
  /** In the page's head, before the menus of the list. */
  actions?: ReactNode
  /** Between the filter and the table. */
  notes?: ReactNode
  /** Two lines for a phone. */
  phoneRow(row: R): ReactNode
  menu?(row: R, open: boolean, onOpenChange: (open: boolean) => void): ReactNode
  rowClass?(row: R): string | undefined
  /** Below the table while rows are selected. */
  selectionBar?: ReactNode
  /** The drawer and the dialogs. */
  children?: ReactNode
}

/** The list page of a kind: its head, its filter, its table, and what stands there when the table is empty. */
export function ObjectListPage<R>(props: Props<R>) {
  const { list, kind, title, filter } = props
  const { keyOf, labelOf, rows, hostIdOf } = list.options
  const t = useTranslations('lists')
  const loaded = useLoaded()
  const hatched = (row: R) => {
    const host = hostIdOf && list.hosts.get(hostIdOf(row))
    return host && kind && isOldOf(host, kind) ? 'hatched' : undefined
  }
  const shown = list.shown.length
  return (
    <div className="fill">
      <PageHeader
        title={title}
        count={
          loaded ? (shown === rows.length ? shown : t('count', { shown, total: rows.length })) : undefined
        }
        actions={
          <>
            {props.actions}
            <GroupMenu list={list} />
            <ColumnMenu list={list} />
          </>
        }
      />
      <div className="shrink-0 px-4 pb-2 md:px-5">
        {typeof filter === 'string' ? (
          <ListFilter label={filter} value={list.filter} onChange={list.setFilter} />
        ) : (
          filter
        )}
      </div>
      {kind && <UnreadNote kind={kind} />}
      {props.notes}
      <DataTable
        label={title}
        columns={list.visibleColumns}
        groups={list.groups}
        rowKey={keyOf}
        rowLabel={labelOf}
        sort={list.sort}
        onSort={list.setSort}
        selected={list.selected}
        onSelect={list.setSelected}
        openKey={list.opened ? keyOf(list.opened) : null}
        onOpen={list.openRow}
        phoneRow={props.phoneRow}
        rowClass={props.rowClass ?? hatched}
        menu={props.menu}
        loading={!loaded}
        empty={<EmptyList list={list} kind={kind} icon={props.icon} words={props.empty} />}
      />
      <Suspense>{list.selection.length > 0 && props.selectionBar}</Suspense>
      <Suspense>{props.children}</Suspense>
    </div>
  )
}
