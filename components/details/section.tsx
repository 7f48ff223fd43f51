import type { ReactNode } from 'react'

/** A part of what a drawer or an overview says about one thing. */
export function Section({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="flex shrink-0 flex-col gap-1.5">
      <h2 className="font-medium text-ink-muted text-xs">{title}</h2>
      {children}
    </section>
  )
}
