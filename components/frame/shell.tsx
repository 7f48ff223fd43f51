'use client'
import { ShieldX } from 'lucide-react'
import { usePathname, useRouter } from 'next/navigation'
import { type DragEvent, lazy, type ReactNode, Suspense, useState } from 'react'
import { useTranslations } from 'use-intl'
import { useScopedHref } from '#components/data/use-scope.ts'
import { useSession } from '#components/data/use-session.ts'
import { NothingGranted } from '#components/page/nothing-granted.tsx'
import { EmptyState } from '#components/ui/empty-state.tsx'
import { useHeldBack } from '#components/ui/preview.tsx'
import { useShortcut } from '#components/ui/shortcuts.ts'
import { BlockedBanner } from './blocked-banner.tsx'
import { BottomBar } from './bottom-bar.tsx'
import { type NavigationPage, navigationPages, permissionOfPage } from './navigation.ts'
import { PreviewBanner } from './preview-banner.tsx'
import { Rail } from './rail.tsx'
import { toggleRail } from './rail-width.ts'
import { TopBar } from './top-bar.tsx'

const Palette = lazy(() => import('./palette.tsx'))
const ShortcutOverlay = lazy(() => import('./shortcut-overlay.tsx'))

/** Rail, top bar, page, and on a phone the bottom bar. The page scrolls, the frame does not. */
export function Shell({ children }: { children: ReactNode }) {
  const t = useTranslations('shell')
  const [layer, setLayer] = useState<'palette' | 'shortcuts' | null>(null)
  const { permissions, preview, rights } = useSession()
  const needed = permissionOfPage(usePathname())
  // Once loaded they stay, so that closing can be seen and opening again is instant.
  const [used, setUsed] = useState({ palette: false, shortcuts: false })
  const show = (name: 'palette' | 'shortcuts') => {
    setUsed((before) => ({ ...before, [name]: true }))
    setLayer(name)
  }
  useShortcut('mod+k', () => (layer === 'palette' ? setLayer(null) : show('palette')), {
    label: t('shortcutPalette'),
    group: 'general',
    everywhere: true,
  })
  useShortcut('?', () => show('shortcuts'), { label: t('shortcutOverlay'), group: 'general' })
  useShortcut('[', toggleRail, { label: t('shortcutRail'), group: 'general' })

  const heldBack = useHeldBack(false)
  // What is dropped would be sent.
  const drop = (event: DragEvent) => {
    if (!heldBack) return
    event.preventDefault()
    event.stopPropagation()
    event.dataTransfer.dropEffect = 'none'
  }
  return (
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions -- only keeps drops away
    <div className="flex h-dvh flex-col" onDragOverCapture={drop} onDropCapture={drop}>
      <SkipLink />
      {preview && <PreviewBanner person={preview} />}
      <BlockedBanner />
      <div className="grid min-h-0 flex-1 grid-cols-[minmax(0,1fr)] grid-rows-[48px_minmax(0,1fr)_auto] md:grid-cols-[auto_minmax(0,1fr)] md:grid-rows-[48px_minmax(0,1fr)]">
        {navigationPages
          .filter((page) => permissions.includes(page.permission))
          .map((page) => (
            <GoShortcut key={page.id} page={page} />
          ))}
        <Rail />
        <TopBar onSearch={() => show('palette')} onShowShortcuts={() => show('shortcuts')} />
        <main id="main" tabIndex={-1} className="fill overflow-y-auto outline-none">
          {needed === null || permissions.includes(needed) ? (
            children
          ) : permissions.includes('hosts.view') ? (
            // Reached by an address that somebody passed on: nothing on it would work.
            <EmptyState wholePage icon={<ShieldX />} title={t('deniedTitle')}>
              {rights.grants.some((grant) => grant.effect === 'allow' && grant.permissions.includes(needed))
                ? t('deniedInPartText')
                : t('deniedText')}
            </EmptyState>
          ) : (
            <NothingGranted wholePage />
          )}
        </main>
        <BottomBar onSearch={() => show('palette')} />
        <Suspense>
          {used.palette && (
            <Palette open={layer === 'palette'} onOpenChange={(open) => setLayer(open ? 'palette' : null)} />
          )}
          {used.shortcuts && (
            <ShortcutOverlay
              open={layer === 'shortcuts'}
              onOpenChange={(open) => setLayer(open ? 'shortcuts' : null)}
            />
          )}
        </Suspense>
      </div>
    </div>
  )
}

function SkipLink() {
  const t = useTranslations('shell')
  return (
    <a
      href="#main"
      className="fixed top-2 left-2 z-70 -translate-y-16 rounded-md bg-accent px-3 py-1.5 font-medium text-accent-ink focus:translate-y-0"
    >
      {t('skipToContent')}
    </a>
  )
}

function GoShortcut({ page }: { page: NavigationPage }) {
  const t = useTranslations('shell.pages')
  const router = useRouter()
  const href = useScopedHref()
  useShortcut(`g ${page.key}`, () => router.push(href(page.path)), { label: t(page.id), group: 'go' })
  return null
}
