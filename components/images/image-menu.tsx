'use client'
import { Archive, CopyPlus, Download, Ellipsis, Plus, Tag, Trash2, Upload } from 'lucide-react'
import { useRouter } from 'next/navigation'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { useFleet } from '#components/data/use-live.ts'
import { useScopedHref } from '#components/data/use-scope.ts'
import { useMay, usePermission } from '#components/data/use-session.ts'
import { IconButton } from '#components/ui/icon-button.tsx'
import { Menu, MenuItem } from '#components/ui/menu.tsx'
import type { ImageGroup } from '#lib/images/groups.ts'
import type { Permission } from '#lib/permissions.ts'

export type ImageAction = 'pull' | 'copy' | 'save' | 'push' | 'tag' | 'remove'

/** What somebody may do with images: from a copy's host, or on any host that does not have it yet. */
export function useMayWithImages(): (action: ImageAction, group: ImageGroup) => boolean {
  const may = useMay()
  const mayPull = usePermission('images.pull')
  const hosts = useFleet((fleet) => fleet.hosts)
  return (action, group) => {
    const held = (permission: Permission) => group.copies.some(({ hostId }) => may(permission, { hostId }))
    // Engines save of a manifest list one of its images alone.
    if (group.platforms && (action === 'copy' || action === 'save')) return false
    if (action === 'pull') return mayPull && group.tags.length > 0
    // From one host to another: where it would only be copied onto itself there is nothing to choose.
    if (action === 'copy')
      return [...hosts.keys()].some(
        (to) =>
          may('images.load', { hostId: to }) &&
          group.copies.some(({ hostId }) => hostId !== to && may('images.save', { hostId })),
      )
    if (action === 'push') return group.tags.length > 0 && held('images.push')
    return held(`images.${action}`)
  }
}

/** All actions on one image. What one may nowhere is not shown. */
export function ImageMenu({
  group,
  label,
  open,
  onOpenChange,
  onAct,
}: {
  group: ImageGroup
  label: string
  open: boolean
  onOpenChange(open: boolean): void
  onAct(action: ImageAction): void
}) {
  const t = useTranslations('images.action')
  const common = useTranslations('common')
  const router = useRouter()
  const href = useScopedHref()
  const may = useMayWithImages()
  const mayCreate = usePermission('containers.create') && group.tags[0] !== undefined
  const item = (action: ImageAction, icon: ReactNode, text: string) =>
    may(action, group) && (
      <MenuItem icon={icon} destructive={action === 'remove'} onSelect={() => onAct(action)}>
        {text}
      </MenuItem>
    )
  const actions = ['pull', 'copy', 'save', 'push', 'tag', 'remove'] as const
  if (!mayCreate && !actions.some((action) => may(action, group))) return null
  return (
    <Menu
      open={open}
      onOpenChange={onOpenChange}
      trigger={
        <IconButton inPreview size="sm" label={`${common('moreActions')}: ${label}`} icon={<Ellipsis />} />
      }
    >
      {item('pull', <Download />, t('pullMissing'))}
      {item('copy', <CopyPlus />, t('copy'))}
      {item('save', <Archive />, t('save'))}
      {item('push', <Upload />, t('push'))}
      {mayCreate && (
        <MenuItem
          icon={<Plus />}
          onSelect={() =>
            router.push(href(`/containers/new?image=${encodeURIComponent(group.tags[0] ?? '')}`))
          }
        >
          {t('run')}
        </MenuItem>
      )}
      {item('tag', <Tag />, t('tag'))}
      {item('remove', <Trash2 />, t('remove'))}
    </Menu>
  )
}
