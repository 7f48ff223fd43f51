import type { ReactNode } from 'react'

/** One column of a table over the fleet. */
export interface Column<R> {
  id: string
  header: string
  /** Track of the grid: a fixed width for numbers, so that a live value moves nothing, or minmax(min, share). */
  width: string
  cell(row: R): ReactNode
  /** Ascending. Absent: the column does not sort. */
  compare?(a: R, b: R): number
  align?: 'end'
  /** What leaves first where there is no room for all: 1 before 2. Absent: it stays. */
  leaves?: number
}

export interface Sort {
  column: string
  descending: boolean
}

/** In the URL: `name` or `-name`. */
export function parseSort(text: string | null, fallback: Sort): Sort {
  if (!text) return fallback
  return text.startsWith('-')
    ? { column: text.slice(1), descending: true }
    : { column: text, descending: false }
}

export function formatSort(sort: Sort): string {
  return `${sort.descending ? '-' : ''}${sort.column}`
}

/** Sorts by a column; ties, and a column that is not known, keep the order of `rows`. */
export function sortRows<R>(rows: readonly R[], columns: readonly Column<R>[], sort: Sort): R[] {
  const compare = columns.find((column) => column.id === sort.column)?.compare
  if (!compare) return [...rows]
  const sign = sort.descending ? -1 : 1
  return [...rows].sort((a, b) => sign * compare(a, b))
}

/**
 * The order to show while the pointer rests on the table: what is on screen stays where it is, what went is left out,
 * what is new comes last. Nobody clicks on a row that was another one a moment ago.
 */
export function holdOrder<R>(shown: readonly string[], rows: readonly R[], keyOf: (row: R) => string): R[] {
  const byKey = new Map(rows.map((row) => [keyOf(row), row]))
  const kept = shown.flatMap((key) => {
    const row = byKey.get(key)
    byKey.delete(key)
    return row === undefined ? [] : [row]
  })
  return [...kept, ...byKey.values()]
}

/** Keys from the anchor to the target, both included, in the order shown; the target alone without a known anchor. */
export function rangeOf(shown: readonly string[], anchor: string | null, target: string): string[] {
  const from = anchor === null ? -1 : shown.indexOf(anchor)
  const to = shown.indexOf(target)
  if (from < 0 || to < 0) return [target]
  return shown.slice(Math.min(from, to), Math.max(from, to) + 1)
}

/** Text order for people: case-insensitive, numbers by value (web-2 before web-10). */
export const compareText = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' }).compare
