'use client'
import { ArrowDown, ArrowUp } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { Checkbox } from '#components/ui/checkbox.tsx'
import { cn } from '#components/ui/cn.ts'
import { Tooltip } from '#components/ui/tooltip.tsx'
import type { Column, Sort } from './columns.ts'

interface Props<R> {
  columns: readonly Column<R>[]
  /** For which there is no room. */
  left: readonly Column<R>[]
  template: string
  sort: Sort
  onSort(sort: Sort): void
  /** Of the check box for all. */
  checked: boolean
  indeterminate: boolean
  onAll(): void
}

/** The head of a table: a check box for all rows, each column to sort by, and what is left out for want of room. */
export function TableHead<R>(props: Props<R>) {
  const t = useTranslations('common')
  const { columns, left, sort } = props
  return (
    <div
      role="row"
      aria-rowindex={1}
      className="grid h-8 shrink-0 items-center border-b bg-bg pr-1 text-ink-muted text-xs"
      style={{ gridTemplateColumns: props.template }}
    >
      <span role="columnheader" className="grid place-items-center">
        <Checkbox
          aria-label={t('all')}
          checked={props.checked}
          indeterminate={props.indeterminate}
          onChange={props.onAll}
        />
      </span>
      {columns.map((column) => (
        <HeaderCell key={column.id} column={column} sort={sort} onSort={props.onSort} />
      ))}
      <span role="columnheader">
        <span className="sr-only">{t('moreActions')}</span>
        {left.length > 0 && <NoRoom names={left.map(({ header }) => header)} />}
      </span>
    </div>
  )
}

/** How many columns had to leave; which ones, it says when it is pointed at or reached by keyboard. */
function NoRoom({ names }: { names: readonly string[] }) {
  const t = useTranslations('common')
  const words = t('noRoomFor', { columns: names.join(', ') })
  return (
    <Tooltip content={words}>
      <button type="button" aria-label={words} className="h-8 w-full rounded-sm text-ink-faint tabular-nums">
        +{names.length}
      </button>
    </Tooltip>
  )
}

function HeaderCell<R>({
  column,
  sort,
  onSort,
}: {
  column: Column<R>
  sort: Sort
  onSort(sort: Sort): void
}) {
  const active = sort.column === column.id
  const direction = active ? (sort.descending ? 'descending' : 'ascending') : undefined
  if (!column.compare) {
    return (
      <span role="columnheader" className={cn('truncate px-2', column.align === 'end' && 'text-right')}>
        {column.header}
      </span>
    )
  }
  const Arrow = sort.descending ? ArrowDown : ArrowUp
  return (
    <span role="columnheader" aria-sort={direction ?? 'none'} className="min-w-0">
      <button
        type="button"
        onClick={() => onSort({ column: column.id, descending: active && !sort.descending })}
        className={cn(
          'flex h-8 w-full items-center gap-1 truncate px-2 hover:text-ink',
          column.align === 'end' && 'justify-end',
          active && 'font-medium text-ink',
        )}
      >
        <span className="truncate">{column.header}</span>
        <Arrow aria-hidden className={cn('size-3 shrink-0', !active && 'invisible')} />
      </button>
    </span>
  )
}
