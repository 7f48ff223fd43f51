'use client'
import { useVirtualizer } from '@tanstack/react-virtual'
import { ChevronDown, ChevronRight } from 'lucide-react'
import { type ReactNode, useCallback, useMemo, useRef, useState } from 'react'
import { cn } from '#components/ui/cn.ts'
import { Skeleton } from '#components/ui/skeleton.tsx'
import { usePhone } from '#components/ui/use-media-query.ts'
import { type Column, holdOrder, rangeOf, type Sort } from './columns.ts'
import { columnsWithRoom, edges, useRoom } from './room.ts'
import { TableHead } from './table-head.tsx'
import { useTableKeys } from './table-keys.ts'
import { TableRow } from './table-row.tsx'

export interface RowGroup<R> {
  key: string
  label: ReactNode
  rows: readonly R[]
}

interface Props<R> {
  /** For screen readers. */
  label: string
  columns: readonly Column<R>[]
  /** Sorted. One group with an empty key has no header. */
  groups: readonly RowGroup<R>[]
  rowKey(row: R): string
  rowLabel(row: R): string
  sort: Sort
  onSort(sort: Sort): void
  selected: ReadonlySet<string>
  onSelect(selected: ReadonlySet<string>): void
  /** The row whose drawer is open. */
  openKey: string | null
  onOpen(row: R): void
  /** The row's actions; opened by `.` too. */
  menu?(row: R, open: boolean, onOpenChange: (open: boolean) => void): ReactNode
  /** Two lines for a phone. */
  phoneRow(row: R): ReactNode
  rowClass?(row: R): string | undefined
  loading?: boolean
  empty: ReactNode
}

type Line<R> = { kind: 'group'; group: RowGroup<R> } | { kind: 'row'; row: R; key: string }

const heights = { row: 36, phoneRow: 60, group: 32 }

/**
 * A virtual table with the semantics of a grid: only the rows in sight are in the document, all are counted for screen
 * readers. While the pointer rests on it rows don't change places.
 */
export function DataTable<R>(props: Props<R>) {
  const { rowKey, selected, onSelect, onOpen, openKey, sort } = props
  const phone = usePhone()
  const scroller = useRef<HTMLDivElement>(null)
  const frame = useRef<HTMLDivElement>(null)
  const room = useRoom(frame)
  const { shown: columns, left } = useMemo(() => columnsWithRoom(props.columns, room), [props.columns, room])
  const [resting, setResting] = useState(false)
  const [collapsed, setCollapsed] = useState<ReadonlySet<string>>(new Set())
  const [current, setCurrent] = useState<string | null>(null)
  const [menuKey, setMenuKey] = useState<string | null>(null)
  const anchor = useRef<string | null>(null)
  const shown = useRef<{ order: string[]; sort: Sort }>({ order: [], sort })

  const lines = useMemo(() => {
    const held = resting && shown.current.sort === sort
    return props.groups.flatMap((group): Line<R>[] => {
      const rows = held ? holdOrder(shown.current.order, group.rows, rowKey) : group.rows
      const header: Line<R>[] = group.key === '' ? [] : [{ kind: 'group', group }]
      if (collapsed.has(group.key)) return header
      return [...header, ...rows.map((row): Line<R> => ({ kind: 'row', row, key: rowKey(row) }))]
    })
  }, [props.groups, rowKey, resting, sort, collapsed])
  const keys = useMemo(() => lines.flatMap((line) => (line.kind === 'row' ? [line.key] : [])), [lines])
  shown.current = { order: keys, sort }

  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) =>
      lines[index]?.kind === 'group' ? heights.group : phone ? heights.phoneRow : heights.row,
    getItemKey: (index) => {
      const line = lines[index]
      return line === undefined ? index : line.kind === 'row' ? line.key : `group ${line.group.key}`
    },
    overscan: 8,
  })

  const rowAt = (key: string | null) => {
    const line = lines.find((candidate) => candidate.kind === 'row' && candidate.key === key)
    return line?.kind === 'row' ? line.row : undefined
  }
  const goTo = (key: string | undefined) => {
    if (key === undefined) return
    setCurrent(key)
    virtual.scrollToIndex(lines.findIndex((line) => line.kind === 'row' && line.key === key))
    const row = rowAt(key)
    if (openKey !== null && row) onOpen(row)
  }
  const toggle = (key: string, range: boolean) => {
    const next = new Set(selected)
    const on = !selected.has(key)
    for (const each of range ? rangeOf(keys, anchor.current, key) : [key]) {
      if (on) next.add(each)
      else next.delete(each)
    }
    anchor.current = key
    onSelect(next)
  }
  // The same functions at every rendering, or no row could be left as it is.
  const acts = useRef({ choose: (_row: R, _key: string, _range: boolean) => {}, toggle })
  acts.current = {
    choose(row, key, range) {
      setCurrent(key)
      if (range) toggle(key, true)
      else onOpen(row)
    },
    toggle,
  }
  const chooseRow = useCallback(
    (row: R, key: string, range: boolean) => acts.current.choose(row, key, range),
    [],
  )
  const toggleRow = useCallback((key: string, range: boolean) => acts.current.toggle(key, range), [])
  const openMenu = useCallback((key: string, open: boolean) => setMenuKey(open ? key : null), [])
  const keyActions = {
    move: (step: number) =>
      goTo(keys[Math.min(keys.length - 1, Math.max(0, keys.indexOf(current ?? openKey ?? '') + step))]),
    first: () => goTo(keys[0]),
    last: () => goTo(keys.at(-1)),
    open: () => {
      const row = rowAt(current)
      if (row) onOpen(row)
    },
    toggle: () => {
      if (current !== null) toggle(current, false)
    },
    actions: () => setMenuKey(current),
    selectAll: () => onSelect(new Set(keys)),
    clear: () => onSelect(new Set()),
  }
  useTableKeys(keyActions, selected.size > 0)

  const template = `${edges.before}px ${columns.map((column) => column.width).join(' ')} ${edges.after}px`
  const allSelected = keys.length > 0 && keys.every((key) => selected.has(key))
  const nothing = !props.loading && lines.length === 0

  return (
    // What is for screen readers alone stands in it by its place, and would widen the page where the table is scrolled.
    <div ref={frame} className="fill relative overflow-x-auto border-t bg-surface">
      <div
        // Of nothing there is a grid only where it has a head; what says so instead stands beside it.
        {...(phone && nothing
          ? {}
          : {
              role: 'grid',
              'aria-label': props.label,
              'aria-rowcount': lines.length + 1,
              'aria-multiselectable': true,
              'aria-busy': props.loading || undefined,
            })}
        className={cn(!nothing && 'fill', !phone && 'min-w-max')}
      >
        {!phone && (
          <TableHead
            {...{ columns, left, template, sort }}
            onSort={props.onSort}
            checked={allSelected}
            indeterminate={!allSelected && selected.size > 0}
            onAll={() => onSelect(allSelected ? new Set() : new Set(keys))}
          />
        )}
        <div
          ref={scroller}
          role="presentation"
          className={nothing ? 'hidden' : 'fill overflow-y-auto'}
          onPointerEnter={(event) => event.pointerType === 'mouse' && setResting(true)}
          onPointerLeave={() => setResting(false)}
        >
          {props.loading && <LoadingRows template={template} columns={columns.length} phone={phone} />}
          <div role="presentation" className="relative shrink-0" style={{ height: virtual.getTotalSize() }}>
            {virtual.getVirtualItems().map((item) => {
              const line = lines[item.index]
              if (!line) return null
              const style = { transform: `translateY(${item.start}px)`, height: item.size }
              if (line.kind === 'group') {
                const { key, label, rows } = line.group
                const closed = collapsed.has(key)
                const flip = () => {
                  const next = new Set(collapsed)
                  if (!next.delete(key)) next.add(key)
                  setCollapsed(next)
                }
                return (
                  <div
                    key={item.key}
                    role="row"
                    aria-rowindex={item.index + 2}
                    className="absolute inset-x-0 border-b bg-bg"
                    style={style}
                  >
                    <div role="gridcell" className="h-full">
                      <button
                        type="button"
                        aria-expanded={!closed}
                        onClick={flip}
                        className="flex h-full w-full items-center gap-2 px-3 text-left"
                      >
                        {closed ? (
                          <ChevronRight aria-hidden className="size-4" />
                        ) : (
                          <ChevronDown aria-hidden className="size-4" />
                        )}
                        <span className="min-w-0 truncate font-medium">{label}</span>
                        <span className="text-ink-faint text-xs">{rows.length}</span>
                      </button>
                    </div>
                  </div>
                )
              }
              const { row, key } = line
              return (
                <TableRow
                  key={item.key}
                  {...{ row, columns, template, phone }}
                  rowKey={key}
                  index={item.index}
                  start={item.start}
                  height={item.size}
                  selected={selected.has(key)}
                  open={openKey === key}
                  current={current === key}
                  menuOpen={menuKey === key}
                  label={props.rowLabel}
                  phoneRow={props.phoneRow}
                  rowClass={props.rowClass}
                  menu={props.menu}
                  onChoose={chooseRow}
                  onToggle={toggleRow}
                  onMenu={openMenu}
                />
              )
            })}
          </div>
        </div>
      </div>
      {nothing && props.empty}
    </div>
  )
}

/** The final layout with bars in place of words, so that nothing jumps when the data comes. */
function LoadingRows({ template, columns, phone }: { template: string; columns: number; phone: boolean }) {
  return Array.from({ length: 12 }, (_, row) => (
    <div
      key={row}
      role="presentation"
      className="grid shrink-0 items-center border-b pr-1"
      style={{
        gridTemplateColumns: phone ? '40px 1fr 44px' : template,
        height: phone ? heights.phoneRow : heights.row,
      }}
    >
      <span />
      {Array.from({ length: phone ? 1 : columns }, (_, column) => (
        <span key={column} className="px-2">
          <Skeleton className={column === 1 ? 'w-32' : 'w-16'} />
        </span>
      ))}
    </div>
  ))
}
