import type { ReactNode } from 'react'
import { cn } from './cn.ts'

/** What would be here and how to get it. */
export function EmptyState({
  icon,
  title,
  children,
  action,
  className,
}: {
  icon?: ReactNode
  title: string
  children?: ReactNode
  action?: ReactNode
  className?: string
}) {
  return (
    <div
      className={cn('mx-auto flex max-w-md flex-col items-center gap-2 px-6 py-16 text-center', className)}
    >
      {icon && <span className="mb-1 text-ink-faint [&_svg]:size-6 [&_svg]:stroke-[1.5]">{icon}</span>}
      <h2 className="font-semibold text-base text-ink">{title}</h2>
      {children && <div className="text-ink-muted">{children}</div>}
      {action && <div className="mt-3 flex flex-wrap justify-center gap-2">{action}</div>}
    </div>
  )
}
