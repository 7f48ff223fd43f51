'use client'
import { Search } from 'lucide-react'
import Link from 'next/link'
import { usePathname } from 'next/navigation'
import { useTranslations } from 'use-intl'
import { useScopedHref } from '#components/data/use-scope.ts'
import { useSession } from '#components/data/use-session.ts'
import { isCurrent, navigationPages } from './navigation.ts'
import { useCounts } from './use-counts.ts'

const itemClass =
  'relative flex h-14 flex-1 flex-col items-center justify-center gap-0.5 text-2xs text-ink-muted aria-[current=page]:text-accent [&_svg]:size-5'

/** The rail of a phone, under the thumb. */
export function BottomBar({ onSearch }: { onSearch(): void }) {
  const t = useTranslations('shell')
  const pathname = usePathname()
  const href = useScopedHref()
  const counts = useCounts()
  const { permissions } = useSession()
  return (
    <nav
      aria-label={t('mainNavigation')}
      className="flex border-t bg-surface pb-[env(safe-area-inset-bottom)] md:hidden"
    >
      {navigationPages
        .filter((page) => !page.wideOnly && permissions.includes(page.permission))
        .map((page) => (
          <Link
            key={page.id}
            href={href(page.path)}
            aria-current={isCurrent(page, pathname) ? 'page' : undefined}
            className={itemClass}
          >
            <span className="relative">
              <page.icon aria-hidden />
              {counts[page.id].attention > 0 && (
                <span className="absolute -top-0.5 -right-1 size-2 rounded-full border border-surface bg-state-unhealthy">
                  <span className="sr-only">{t('attention', { count: counts[page.id].attention })}</span>
                </span>
              )}
            </span>
            {t(`pages.${page.id}`)}
          </Link>
        ))}
      <button type="button" onClick={onSearch} className={itemClass}>
        <Search aria-hidden />
        {t('openPaletteShort')}
      </button>
    </nav>
  )
}
