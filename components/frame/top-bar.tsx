'use client'
import { Search } from 'lucide-react'
import Link from 'next/link'
import { useTranslations } from 'use-intl'
import { useScopedHref } from '#components/data/use-scope.ts'
import { BrandMark } from '#components/page/brand.tsx'
import { ThemeButton } from '#components/page/theme-switch.tsx'
import { TaskTray } from '#components/tasks/task-tray.tsx'
import { Kbd } from '#components/ui/kbd.tsx'
import { AccountMenu } from './account-menu.tsx'
import { ConnectionMark } from './connection-mark.tsx'
import { ScopePicker } from './scope-picker.tsx'

export function TopBar({ onSearch, onShowShortcuts }: { onSearch(): void; onShowShortcuts(): void }) {
  const t = useTranslations('shell')
  const href = useScopedHref()
  return (
    <header className="flex h-12 min-w-0 items-center gap-2 border-b bg-bg px-3 md:px-4">
      <Link
        href={href('/')}
        aria-label={t('pages.fleet')}
        className="grid size-8 place-items-center md:hidden"
      >
        <BrandMark />
      </Link>
      <ScopePicker />
      <div className="flex-1" />
      <button
        type="button"
        onClick={onSearch}
        className="hidden h-8 w-72 items-center gap-2 rounded-md border border-line-strong bg-surface px-2.5 text-ink-faint hover:text-ink-muted md:flex"
      >
        <Search aria-hidden className="size-4" />
        <span className="flex-1 truncate text-left">{t('openPalette')}</span>
        <Kbd keys="mod+k" />
      </button>
      <TaskTray />
      <ConnectionMark />
      <ThemeButton />
      <AccountMenu onShowShortcuts={onShowShortcuts} />
    </header>
  )
}
