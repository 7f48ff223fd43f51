'use client'
import { Ellipsis, Info, Trash2 } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { IconButton } from '#components/ui/icon-button.tsx'
import { Menu, MenuItem, MenuLine } from '#components/ui/menu.tsx'
import type { VolumeRow } from '#lib/volumes/rows.ts'

/** What can be done with one volume. */
export function VolumeMenu({
  row,
  open,
  onOpenChange,
  onOpen,
  onRemove,
}: {
  row: VolumeRow
  open: boolean
  onOpenChange(open: boolean): void
  onOpen(): void
  /** Null where one may not. */
  onRemove: (() => void) | null
}) {
  const t = useTranslations('volumes.action')
  const common = useTranslations('common')
  return (
    <Menu
      open={open}
      onOpenChange={onOpenChange}
      trigger={
        <IconButton
          inPreview
          size="sm"
          label={`${common('moreActions')}: ${row.volume.id}`}
          icon={<Ellipsis />}
        />
      }
    >
      <MenuItem icon={<Info />} onSelect={onOpen}>
        {t('details')}
      </MenuItem>
      {onRemove && (
        <>
          <MenuLine />
          <MenuItem icon={<Trash2 />} destructive onSelect={onRemove}>
            {t('remove')}
          </MenuItem>
        </>
      )}
    </Menu>
  )
}
