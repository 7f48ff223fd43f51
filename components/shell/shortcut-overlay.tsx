'use client'
import { useTranslations } from 'use-intl'
import { Dialog } from '../ui/dialog.tsx'
import { Kbd } from '../ui/kbd.tsx'
import { type ShortcutGroup, useShortcuts } from './shortcuts.ts'

const groups: readonly ShortcutGroup[] = ['general', 'go', 'list', 'selection']

/** All keys that work on this page now. */
export default function ShortcutOverlay({
  open,
  onOpenChange,
}: {
  open: boolean
  onOpenChange(open: boolean): void
}) {
  const t = useTranslations('shell')
  const shortcuts = useShortcuts()
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={t('shortcutsTitle')} size="lg">
      <div className="grid gap-x-10 gap-y-5 sm:grid-cols-2">
        {groups
          .map((group) => ({ group, entries: shortcuts.filter((shortcut) => shortcut.group === group) }))
          .filter(({ entries }) => entries.length > 0)
          .map(({ group, entries }) => (
            <section key={group}>
              <h3 className="mb-1 text-ink-faint text-xs">{t(`shortcutGroups.${group}`)}</h3>
              <dl>
                {entries.map((entry) => (
                  <div
                    key={entry.keys}
                    className="flex h-8 items-center justify-between gap-4 border-b last:border-b-0"
                  >
                    <dt className="truncate">{entry.label}</dt>
                    <dd>
                      <Kbd keys={entry.keys} />
                    </dd>
                  </div>
                ))}
              </dl>
            </section>
          ))}
      </div>
    </Dialog>
  )
}
