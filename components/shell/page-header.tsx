import type { ReactNode } from 'react'
import { cn } from '../ui/cn.ts'

/** First line of a page: its name, how much there is, and what can be done on the whole of it. */
export function PageHeader({
  title,
  count,
  actions,
  className,
}: {
  title: string
  /** Beside the title: "42", "12 of 42". */
  count?: ReactNode
  actions?: ReactNode
  className?: string
}) {
  return (
    <header className={cn('flex min-h-12 shrink-0 items-center gap-3 px-4 py-2 md:px-5', className)}>
      <h1 className="truncate font-semibold text-lg tracking-tight">{title}</h1>
      {count !== undefined && <span className="text-ink-faint">{count}</span>}
      {actions && <div className="ml-auto flex items-center gap-2">{actions}</div>}
    </header>
  )
}
