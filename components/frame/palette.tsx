'use client'
import { Command } from 'cmdk'
import { useRouter } from 'next/navigation'
import { Dialog } from 'radix-ui'
import { type ReactNode, useDeferredValue, useMemo, useState } from 'react'
import { useTranslations } from 'use-intl'
import { useScopedHref } from '#components/data/use-scope.ts'
import { cn } from '#components/ui/cn.ts'
import { overlayClass } from '#components/ui/dialog.tsx'
import { Kbd } from '#components/ui/kbd.tsx'
import { menuItemClass, menuLabelClass } from '#components/ui/menu-looks.ts'
import { type PaletteEntry, type PaletteGroup, usePaletteEntries } from './palette-entries.tsx'
import { findBest } from './palette-search.ts'

const groups: readonly PaletteGroup[] = ['actions', 'pages', 'hosts', 'containers', 'images', 'volumes']
/** Without a search: what can be done and the pages. With one: the best of each kind. */
const limits: Record<PaletteGroup, { empty: number; searching: number }> = {
  actions: { empty: 12, searching: 8 },
  pages: { empty: 20, searching: 5 },
  hosts: { empty: 0, searching: 6 },
  containers: { empty: 0, searching: 10 },
  images: { empty: 0, searching: 6 },
  volumes: { empty: 0, searching: 4 },
}

/** Go to any container, image, host or page; run any action on what is selected. Loaded at its first use. */
export default function Palette({
  open,
  onOpenChange,
}: {
  open: boolean
  onOpenChange(open: boolean): void
}) {
  const t = useTranslations('shell')
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Overlay className={overlayClass} />
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed inset-x-2 top-2 z-50 mx-auto flex max-h-[80dvh] max-w-160 animate-appear flex-col overflow-hidden rounded-lg border border-line-strong bg-raised shadow-raised md:top-[12vh] md:max-h-[60vh]"
        >
          <Dialog.Title className="sr-only">{t('paletteTitle')}</Dialog.Title>
          <PaletteBody onClose={() => onOpenChange(false)} />
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

function PaletteBody({ onClose }: { onClose(): void }) {
  const t = useTranslations('shell')
  const [typed, setTyped] = useState('')
  const searched = useDeferredValue(typed)
  const entries = usePaletteEntries(searched)
  const router = useRouter()
  const href = useScopedHref()
  const found = useMemo(
    () =>
      groups
        .map((group) => {
          const limit = limits[group][searched.trim() === '' ? 'empty' : 'searching']
          return { group, entries: limit === 0 ? [] : findBest(entries[group], searched, limit) }
        })
        .filter((section) => section.entries.length > 0),
    [entries, searched],
  )
  // The search is deferred, so the list changes after what was typed: the choice follows the list, or Enter would miss.
  const [pointed, setPointed] = useState('')
  const keys = found.flatMap((section) =>
    section.entries.flatMap((entry) => (entry.disabled ? [] : [entry.key])),
  )
  const selected = keys.includes(pointed) ? pointed : (keys[0] ?? '')
  const choose = (entry: PaletteEntry) => {
    onClose()
    if ('path' in entry.does) router.push(href(entry.does.path))
    else entry.does.run()
  }
  return (
    <Command
      label={t('paletteTitle')}
      shouldFilter={false}
      loop
      value={selected}
      onValueChange={setPointed}
      className="flex min-h-0 flex-col"
    >
      <Command.Input
        value={typed}
        onValueChange={(text) => {
          setTyped(text)
          setPointed('')
        }}
        placeholder={t('palettePlaceholder')}
        className="h-11 shrink-0 border-b bg-transparent px-4 text-base outline-none placeholder:text-ink-faint"
      />
      <Command.List className="min-h-0 scroll-py-2 overflow-y-auto overscroll-contain p-1.5">
        {found.length === 0 && (
          <output className="block px-3 py-8 text-center text-ink-muted">
            {t('paletteNothing', { text: searched })}
          </output>
        )}
        {found.map(({ group, entries }) => (
          <Command.Group
            key={group}
            heading={<span className={cn(menuLabelClass, 'block')}>{t(`paletteGroups.${group}`)}</span>}
          >
            {entries.map((entry) => (
              <Command.Item
                key={entry.key}
                value={entry.key}
                disabled={entry.disabled ?? false}
                onSelect={() => choose(entry)}
                className={cn(menuItemClass(entry.destructive), 'min-h-8 data-[selected=true]:bg-press')}
              >
                {entry.icon}
                <span className="min-w-0 truncate">{entry.name}</span>
                {entry.note && <Note>{entry.note}</Note>}
                {entry.keys && <Kbd keys={entry.keys} className="ml-auto" />}
              </Command.Item>
            ))}
          </Command.Group>
        ))}
      </Command.List>
    </Command>
  )
}

function Note({ children }: { children: ReactNode }) {
  return <span className="ml-auto min-w-0 max-w-[50%] truncate pl-4 text-ink-faint text-xs">{children}</span>
}
