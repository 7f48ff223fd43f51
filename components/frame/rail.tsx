'use client'
import { PanelLeftClose, PanelLeftOpen, UserRound } from 'lucide-react'
import Link from 'next/link'
import { usePathname } from 'next/navigation'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { useScopedHref } from '#components/data/use-scope.ts'
import { useSession } from '#components/data/use-session.ts'
import { BrandMark } from '#components/page/brand.tsx'
import { cn } from '#components/ui/cn.ts'
import { IconButton } from '#components/ui/icon-button.tsx'
import { useFormat } from '#components/ui/use-format.ts'
import { isCurrent, navigationPages } from './navigation.ts'
import { toggleRail, useRailNarrow } from './rail-width.ts'
import { useCounts } from './use-counts.ts'

/** The left rail of wide windows. Its width follows `data-rail` in CSS, so it is right before React runs. */
export function Rail() {
  const t = useTranslations('shell')
  const pathname = usePathname()
  const href = useScopedHref()
  const counts = useCounts()
  const narrow = useRailNarrow()
  const { permissions } = useSession()
  return (
    <nav
      aria-label={t('mainNavigation')}
      className="hidden w-52 flex-col border-r bg-bg narrow:w-13 md:row-span-2 md:flex"
    >
      <Link
        href={href('/')}
        className="flex h-12 shrink-0 items-center gap-2 px-4 font-semibold text-base tracking-tight"
      >
        <BrandMark />
        <span className="narrow:sr-only">Roadstead</span>
      </Link>
      <ul className="flex flex-1 flex-col gap-0.5 overflow-y-auto p-2">
        {navigationPages
          .filter((page) => permissions.includes(page.permission))
          .map((page) => (
            <RailItem
              key={page.id}
              href={href(page.path)}
              icon={<page.icon aria-hidden />}
              label={t(`pages.${page.id}`)}
              current={isCurrent(page, pathname)}
              {...counts[page.id]}
            />
          ))}
      </ul>
      <ul className="flex flex-col gap-0.5 p-2">
        <RailItem
          href={href('/account')}
          icon={<UserRound aria-hidden />}
          label={t('pages.account')}
          current={pathname.startsWith('/account')}
        />
        <li className="flex px-0.5 pt-1">
          <IconButton
            inPreview
            label={narrow ? t('expandRail') : t('collapseRail')}
            keys="["
            side="right"
            icon={narrow ? <PanelLeftOpen /> : <PanelLeftClose />}
            onClick={toggleRail}
          />
        </li>
      </ul>
    </nav>
  )
}

function RailItem({
  href,
  icon,
  label,
  current,
  count = null,
  attention = 0,
}: {
  href: string
  icon: ReactNode
  label: string
  current: boolean
  count?: number | null
  attention?: number
}) {
  const t = useTranslations('shell')
  const format = useFormat()
  return (
    <li>
      <Link
        href={href}
        aria-current={current ? 'page' : undefined}
        title={label}
        className={cn(
          'relative flex h-8 items-center gap-2.5 rounded-md px-2.5 text-ink-muted transition-colors [&_svg]:size-4 [&_svg]:shrink-0',
          'hover:bg-hover hover:text-ink aria-[current=page]:bg-press aria-[current=page]:font-medium aria-[current=page]:text-ink',
        )}
      >
        {icon}
        <span className="min-w-0 flex-1 truncate narrow:sr-only">{label}</span>
        {attention > 0 && (
          <span className="size-1.5 shrink-0 rounded-full bg-state-unhealthy narrow:absolute narrow:top-1.5 narrow:right-2">
            <span className="sr-only">{t('attention', { count: attention })}</span>
          </span>
        )}
        {count !== null && (
          <span className="shrink-0 text-ink-faint text-xs tabular-nums narrow:sr-only">
            {format.count(count)}
          </span>
        )}
      </Link>
    </li>
  )
}
