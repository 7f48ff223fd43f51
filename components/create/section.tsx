'use client'
import { ChevronRight } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { cn } from '#components/ui/cn.ts'

/** A part of the form that folds away; what is set in it is told beside its name. */
export function Section({
  title,
  summary,
  defaultOpen = false,
  children,
}: {
  title: string
  summary?: string | undefined
  defaultOpen?: boolean
  children: ReactNode
}) {
  const [open, setOpen] = useState(defaultOpen)
  return (
    <section className="rounded-lg border bg-surface">
      <h2>
        <button
          type="button"
          aria-expanded={open}
          className="flex w-full min-w-0 items-center gap-2 px-4 py-2.5 text-left"
          onClick={() => setOpen(!open)}
        >
          <ChevronRight aria-hidden className={cn('size-4 shrink-0 text-ink-faint', open && 'rotate-90')} />
          <span className="shrink-0 font-medium">{title}</span>
          {summary && <span className="min-w-0 truncate text-ink-faint text-xs">{summary}</span>}
        </button>
      </h2>
      {open && <div className="flex flex-col gap-3 border-t px-4 py-3">{children}</div>}
    </section>
  )
}
