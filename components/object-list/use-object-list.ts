'use client'
import { parseAsArrayOf, parseAsString, useQueryState, useQueryStates } from 'nuqs'
import { useMemo, useState } from 'react'
import { useTranslations } from 'use-intl'
import { useFleet } from '#components/data/use-live.ts'
import {
  type Column,
  compareText,
  formatSort,
  parseSort,
  type Sort,
  sortRows,
} from '#components/data-table/columns.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import { type Grouping, groupRows } from './group-rows.ts'

/** Functions keep their identity from one rendering to the next, or nothing that is worked out here could be kept. */
export interface ListOptions<R> {
  /** All in scope, in any order. */
  rows: readonly R[]
  columns: readonly Column<R>[]
  /** Ids of the columns that are shown until somebody chooses. Absent: all are, and there is no choice. */
  chosenColumns?: readonly string[]
  /** The column that is sorted by until somebody chooses another. */
  sortedBy: string
  keyOf(row: R): string
  /** Its name: for screen readers, and what decides between rows that a column holds equal. */
  labelOf(row: R): string
  /** What a filter leaves. It is asked once for each text. */
  matching(filter: string): (row: R) => boolean
  /** Of objects that lie on one host each: they can be put together by it, and are hatched while it is away. */
  hostIdOf?(row: R): string
  groupings?: readonly Grouping<R>[]
  /** What `?open=` says of a row; its key if absent. */
  addressOf?(row: R): string
  /** Whether `?open=` means that row, where more than one text does. */
  isAt?(row: R, address: string): boolean
}

export type ObjectList<R> = ReturnType<typeof useObjectList<R>>

/** The URL's sort, for a page that has to know it before it has its columns. */
export function useListSort(sortedBy: string): [Sort, (sort: Sort) => void] {
  const [text, setText] = useQueryState('sort', parseAsString.withDefault(sortedBy))
  const sort = useMemo(() => parseSort(text, { column: sortedBy, descending: false }), [text, sortedBy])
  return [sort, (next) => void setText(formatSort(next))]
}

/** What the list page of a kind shows, with all of its view in the URL but for the selection. */
export function useObjectList<R>(options: ListOptions<R>) {
  const { rows, columns, chosenColumns, keyOf, labelOf, matching, addressOf = keyOf } = options
  const { isAt = (row: R, address: string) => addressOf(row) === address } = options
  const [{ filter, group, columns: chosen }, setView] = useQueryStates({
    filter: parseAsString.withDefault(''),
    group: parseAsString.withDefault('none'),
    columns: parseAsArrayOf(parseAsString).withDefault([...(chosenColumns ?? [])]),
  })
  const [sort, setSort] = useListSort(options.sortedBy)
  const [open, setOpen] = useQueryState('open', parseAsString.withOptions({ history: 'push' }))
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const hosts = useFleet((fleet) => fleet.hosts)
  const groupings = useGroupings(options, hosts)
  const grouping = groupings.find(({ id }) => id === group)

  const shown = useMemo(() => {
    const matches = matching(filter)
    const byName = rows.filter(matches).sort((a, b) => compareText(labelOf(a), labelOf(b)))
    return sortRows(byName, columns, sort)
  }, [rows, matching, filter, labelOf, columns, sort])
  const groups = useMemo(() => groupRows(shown, grouping), [shown, grouping])
  const visibleColumns = useMemo(
    () => (chosenColumns ? columns.filter(({ id }) => chosen.includes(id)) : columns),
    [columns, chosenColumns, chosen],
  )
  // Only what is in sight: an action must not reach rows that a filter hides.
  const selection = useMemo(() => shown.filter((row) => selected.has(keyOf(row))), [shown, selected, keyOf])
  const opened = open === null ? undefined : rows.find((row) => isAt(row, open))

  return {
    options,
    hosts,
    filter,
    setFilter: (next: string | null) => void setView({ filter: next || null }),
    sort,
    setSort,
    groupings,
    grouping,
    setGrouping: (id: string) => void setView({ group: id }),
    groups,
    shown,
    visibleColumns,
    showColumn: (id: string, on: boolean) =>
      void setView({
        columns: columns
          .map((column) => column.id)
          .filter((other) => (other === id ? on : chosen.includes(other))),
      }),
    selected,
    setSelected,
    /** The selected rows that are in sight. */
    selection,
    clearSelection: () => setSelected(new Set()),
    /** What the URL asks for; there may be no such row. */
    open,
    opened,
    openRow: (row: R) => void setOpen(addressOf(row), { history: open ? 'replace' : 'push' }),
    close: () => void setOpen(null),
  }
}

function useGroupings<R>(
  { hostIdOf, groupings }: ListOptions<R>,
  hosts: ReadonlyMap<string, Host>,
): readonly Grouping<R>[] {
  const t = useTranslations('lists')
  return useMemo(() => {
    if (!hostIdOf) return groupings ?? []
    const labelOf = (row: R) => hosts.get(hostIdOf(row))?.name ?? hostIdOf(row)
    return [{ id: 'host', label: t('byHost'), keyOf: hostIdOf, labelOf }, ...(groupings ?? [])]
  }, [hostIdOf, groupings, hosts, t])
}
