'use client'
import { useTranslations } from 'use-intl'
import { Dialog } from '#components/ui/dialog.tsx'
import { Kbd } from '#components/ui/kbd.tsx'
import { type ShortcutGroup, useShortcuts } from '#components/ui/shortcuts.ts'

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
          .map((group) => ({ group, entries: byLabel(shortcuts.filter((each) => each.group === group)) }))
          .filter(({ entries }) => entries.length > 0)
          .map(({ group, entries }) => (
            <section key={group}>
              <h3 className="mb-1 text-ink-faint text-xs">{t(`shortcutGroups.${group}`)}</h3>
              <dl>
                {entries.map(({ label, keys }) => (
                  <div
                    key={label}
                    className="flex h-8 items-center justify-between gap-4 border-b last:border-b-0"
                  >
                    <dt className="truncate">{label}</dt>
                    <dd className="flex shrink-0 gap-1.5">
                      {keys.map((each) => (
                        <Kbd key={each} keys={each} />
                      ))}
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

/** One line for what several keys do. */
function byLabel(shortcuts: readonly { label: string; keys: string }[]): { label: string; keys: string[] }[] {
  const lines = new Map<string, string[]>()
  for (const { label, keys } of shortcuts) lines.set(label, [...(lines.get(label) ?? []), keys])
  return [...lines].map(([label, keys]) => ({ label, keys }))
}
