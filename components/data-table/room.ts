import { type RefObject, useCallback, useSyncExternalStore } from 'react'
import type { Column } from './columns.ts'

/** Of the check boxes before and the actions behind, in pixels. */
export const edges = { before: 36, after: 40, padding: 4 }

/** What the column needs at least, in pixels; 0 where its track is a share alone. */
const leastOf = ({ width }: { width: string }) => Number(/^(?:minmax\()?(\d+)px/.exec(width)?.[1] ?? 0)

/**
 * Those for which there is room, in their order: the others leave by their rank, so that the actions of a row stay in
 * sight instead of behind a sideways scroll.
 * @param room in pixels; null while it is not measured, then all are shown
 */
export function columnsWithRoom<R>(
  columns: readonly Column<R>[],
  room: number | null,
): { shown: readonly Column<R>[]; left: readonly Column<R>[] } {
  if (room === null) return { shown: columns, left: [] }
  let needed = columns.reduce(
    (sum, column) => sum + leastOf(column),
    edges.before + edges.after + edges.padding,
  )
  const left = new Set<Column<R>>()
  const leaving = columns
    .filter((column) => column.leaves !== undefined)
    .sort((a, b) => (a.leaves ?? 0) - (b.leaves ?? 0))
  for (const column of leaving) {
    if (needed <= room) break
    needed -= leastOf(column)
    left.add(column)
  }
  return {
    shown: columns.filter((column) => !left.has(column)),
    left: columns.filter((column) => left.has(column)),
  }
}

/** The width of an element, in pixels, as it changes; null until it is in the document. */
export function useRoom(element: RefObject<HTMLElement | null>): number | null {
  const subscribe = useCallback(
    (changed: () => void) => {
      const observer = new ResizeObserver(changed)
      if (element.current) observer.observe(element.current)
      return () => observer.disconnect()
    },
    [element],
  )
  // React asks again right after the first commit, before anything is painted.
  return useSyncExternalStore(
    subscribe,
    () => element.current?.clientWidth ?? null,
    () => null,
  )
}
