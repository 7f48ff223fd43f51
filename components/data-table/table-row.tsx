'use client'
import { memo, type ReactNode } from 'react'
import { Checkbox } from '#components/ui/checkbox.tsx'
import { cn } from '#components/ui/cn.ts'
import type { Column } from './columns.ts'

interface Props<R> {
  row: R
  rowKey: string
  /** Its place among all rows, and in pixels. */
  index: number
  start: number
  height: number
  columns: readonly Column<R>[]
  template: string
  phone: boolean
  selected: boolean
  open: boolean
  current: boolean
  menuOpen: boolean
  label(row: R): string
  phoneRow(row: R): ReactNode
  rowClass: ((row: R) => string | undefined) | undefined
  menu: ((row: R, open: boolean, onOpenChange: (open: boolean) => void) => ReactNode) | undefined
  /** The same function at every rendering, as are the next two. */
  onChoose(row: R, key: string, range: boolean): void
  onToggle(key: string, range: boolean): void
  onMenu(key: string, open: boolean): void
}

function Row<R>(props: Props<R>) {
  const { row, rowKey, columns, phone, selected } = props
  return (
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- the grid's keys act on the current row
    <div
      role="row"
      tabIndex={-1}
      aria-rowindex={props.index + 2}
      aria-selected={selected}
      data-row={rowKey}
      onClick={(event) => {
        if (event.target instanceof Element && event.target.closest('a, button, input, label, [role="menu"]'))
          return
        props.onChoose(row, rowKey, event.shiftKey)
      }}
      className={cn(
        'absolute inset-x-0 grid cursor-default items-center border-b pr-1',
        'hover:bg-hover',
        selected && 'bg-accent-soft hover:bg-accent-soft',
        props.open && 'bg-press hover:bg-press',
        props.current && 'shadow-[inset_2px_0_0_var(--color-accent)]',
        props.rowClass?.(row),
      )}
      style={{
        transform: `translateY(${props.start}px)`,
        height: props.height,
        gridTemplateColumns: phone ? '40px minmax(0, 1fr) 44px' : props.template,
      }}
    >
      <span role="gridcell" className="grid place-items-center">
        <Checkbox
          aria-label={props.label(row)}
          checked={selected}
          onClick={(event) => props.onToggle(rowKey, event.shiftKey)}
          onChange={() => {}}
        />
      </span>
      {phone ? (
        <div role="gridcell" className="min-w-0">
          {props.phoneRow(row)}
        </div>
      ) : (
        columns.map((column) => (
          <div
            key={column.id}
            role="gridcell"
            className={cn('min-w-0 truncate px-2', column.align === 'end' && 'text-right')}
          >
            {column.cell(row)}
          </div>
        ))
      )}
      <div role="gridcell" className="grid place-items-center">
        {props.menu?.(row, props.menuOpen, (open) => props.onMenu(rowKey, open))}
      </div>
    </div>
  )
}

/** A row of the table. While one scrolls only those are rendered that come into sight. */
export const TableRow = memo(Row) as typeof Row
