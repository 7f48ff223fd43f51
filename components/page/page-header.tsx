import { ArrowLeft } from 'lucide-react'
import Link from 'next/link'
import type { ReactNode } from 'react'
import { buttonClass } from '#components/ui/button.tsx'
import { cn } from '#components/ui/cn.ts'

/** First line of a page: its name, how much there is, and what can be done on the whole of it. */
export function PageHeader({
  title,
  back,
  count,
  actions,
  className,
}: {
  title: string
  /** Of a page about one thing: the list that it is in. */
  back?: { href: string; label: string }
  /** Beside the title: "42", "12 of 42". */
  count?: ReactNode
  actions?: ReactNode
  className?: string
}) {
  return (
    <header className={cn('flex min-h-12 shrink-0 items-center gap-3 px-4 py-2 md:px-5', className)}>
      {back && (
        <Link href={back.href} aria-label={back.label} className={buttonClass('ghost', 'sm')}>
          <ArrowLeft aria-hidden />
        </Link>
      )}
      <h1 className="truncate font-semibold text-lg tracking-tight">{title}</h1>
      {count !== undefined && <span className="min-w-0 text-ink-faint">{count}</span>}
      {actions && <div className="ml-auto flex items-center gap-2">{actions}</div>}
    </header>
  )
}
