import type { ReactNode } from 'react'

/** A line over every page, for as long as something holds for all of them. What lies over the page begins below it. */
export function Banner({ label, icon, children }: { label: string; icon: ReactNode; children: ReactNode }) {
  return (
    <section
      data-banner
      aria-label={label}
      className="flex min-h-10 shrink-0 items-center gap-2.5 border-b bg-caution-soft px-4 py-1 text-caution [&>svg]:size-4 [&>svg]:shrink-0"
    >
      {icon}
      {children}
    </section>
  )
}
