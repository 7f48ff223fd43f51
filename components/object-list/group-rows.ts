import { compareText } from '#components/data-table/columns.ts'
import type { RowGroup } from '#components/data-table/data-table.tsx'

/** A way to put rows together. */
export interface Grouping<R> {
  id: string
  /** In the menu: "By stack". */
  label: string
  keyOf(row: R): string
  labelOf(row: R): string
}

/** Rows in their order, in groups by name; one without a head where nothing puts them together. */
export function groupRows<R>(rows: readonly R[], grouping: Grouping<R> | undefined): RowGroup<R>[] {
  if (rows.length === 0) return []
  if (!grouping) return [{ key: '', label: '', rows }]
  return [...Map.groupBy(rows, grouping.keyOf)]
    .map(([key, members]) => ({ key, label: grouping.labelOf(members[0] as R), rows: members }))
    .sort((a, b) => compareText(a.label, b.label))
    .map((group) => ({ ...group, key: `${grouping.id} ${group.key}` }))
}
