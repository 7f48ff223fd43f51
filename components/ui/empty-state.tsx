import type { ReactNode } from 'react'
import { cn } from './cn.ts'

/** What would be here and how to get it. */
export function EmptyState({
  icon,
  title,
  children,
  action,
  wholePage = false,
  className,
}: {
  icon?: ReactNode
  title: string
  children?: ReactNode
  action?: ReactNode
  /** Nothing else is on the page: its title is that of the page. */
  wholePage?: boolean
  className?: string
}) {
  const Heading = wholePage ? 'h1' : 'h2'
  return (
    <div
      className={cn('mx-auto flex max-w-md flex-col items-center gap-2 px-6 py-16 text-center', className)}
    >
      {icon && <span className="mb-1 text-ink-faint [&_svg]:size-6 [&_svg]:stroke-[1.5]">{icon}</span>}
      <Heading className="font-semibold text-base text-ink">{title}</Heading>
      {children && <div className="text-ink-muted">{children}</div>}
      {action && <div className="mt-3 flex flex-wrap justify-center gap-2">{action}</div>}
    </div>
  )
}
