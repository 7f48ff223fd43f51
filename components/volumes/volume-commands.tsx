'use client'
import { Plus, Trash2 } from 'lucide-react'
import { useMemo } from 'react'
import { useTranslations } from 'use-intl'
import { useCommands } from '#components/page/commands.ts'
import { useShortcut } from '#components/ui/shortcuts.ts'
import type { VolumeRow } from '#lib/volumes/rows.ts'

/** What the palette and the keyboard can do on the page of volumes. */
export function useVolumeCommands({
  create,
  selected,
  remove,
}: {
  /** Null where one may not. */
  create: (() => void) | null
  selected: readonly VolumeRow[]
  remove(rows: readonly VolumeRow[]): void
}): void {
  const t = useTranslations('volumes.command')
  useShortcut('n', () => create?.(), { group: 'list', label: t('create'), enabled: create !== null })
  useCommands(
    useMemo(
      () => [
        ...(create
          ? [{ id: 'volume-create', label: t('create'), keys: 'n', icon: <Plus aria-hidden />, run: create }]
          : []),
        ...(selected.length > 0
          ? [
              {
                id: 'volumes-remove',
                label: t('remove', { count: selected.length, name: selected[0]?.volume.id ?? '' }),
                icon: <Trash2 aria-hidden />,
                destructive: true,
                run: () => remove(selected),
              },
            ]
          : []),
      ],
      [t, create, selected, remove],
    ),
  )
}
