import type { ReactNode } from 'react'
import { BrandMark } from '#components/page/brand.tsx'
import { cn } from '#components/ui/cn.ts'

/** The page before the dashboard: the mark, a title, one narrow column. */
export function AuthFrame({
  title,
  intro,
  wide = false,
  children,
}: {
  title: string
  intro?: ReactNode
  wide?: boolean
  children?: ReactNode
}) {
  return (
    <main className="flex min-h-full flex-col items-center px-4 py-10 md:justify-center">
      <div className={cn('flex w-full flex-col gap-6', wide ? 'max-w-xl' : 'max-w-90')}>
        <header className="flex flex-col gap-3">
          <BrandMark className="size-7" />
          <div>
            <h1 className="font-semibold text-xl tracking-tight">{title}</h1>
            {intro && <p className="mt-1 text-ink-muted">{intro}</p>}
          </div>
        </header>
        {children}
      </div>
    </main>
  )
}
