'use client'
import { Box, Database, Layers, Server } from 'lucide-react'
import { type ReactNode, useMemo } from 'react'
import { useTranslations } from 'use-intl'
import { links } from '#components/data/links.ts'
import { useAllHosts, useFleet } from '#components/data/use-live.ts'
import { useSession } from '#components/data/use-session.ts'
import { type Command, findCommands, useRegisteredCommands } from '#components/page/commands.ts'
import { useHeldBack } from '#components/ui/preview.tsx'
import { navigationPages } from './navigation.ts'
import type { Findable } from './palette-search.ts'

export type PaletteGroup = 'actions' | 'pages' | 'hosts' | 'containers' | 'images' | 'volumes'

export interface PaletteEntry extends Findable {
  key: string
  icon?: ReactNode
  note?: string
  keys?: string
  destructive?: boolean
  /** Shown, with the reason as its note. */
  disabled?: boolean
  does: { path: string } | { run(): void }
}

/**
 * Everything the palette can find, over all hosts whatever the scope.
 * @param typed commands are made of it too
 */
export function usePaletteEntries(typed: string): Record<PaletteGroup, readonly PaletteEntry[]> {
  const t = useTranslations('shell')
  const commands = useRegisteredCommands()
  const hosts = useAllHosts()
  const hostById = useFleet((fleet) => fleet.hosts)
  const containers = useFleet((fleet) => fleet.containers)
  const images = useFleet((fleet) => fleet.images)
  const volumes = useFleet((fleet) => fleet.volumes)
  const { permissions } = useSession()
  const heldBack = useHeldBack(false)?.reason

  const pages = useMemo(
    () => [
      ...navigationPages
        .filter((page) => permissions.includes(page.permission))
        .map((page) => ({
          key: `page:${page.id}`,
          name: t(`pages.${page.id}`),
          icon: <page.icon aria-hidden />,
          keys: `g ${page.key}`,
          does: { path: page.path },
        })),
      { key: 'page:account', name: t('pages.account'), does: { path: '/account' } },
    ],
    [t, permissions],
  )
  const actions = useMemo(
    () =>
      [...commands, ...findCommands(typed)].map((command: Command) => ({
        key: `action:${command.id}`,
        name: command.label,
        also: command.keywords,
        icon: command.icon,
        keys: command.keys,
        destructive: command.destructive,
        ...(heldBack && { disabled: true, note: heldBack }),
        does: { run: command.run },
      })),
    [commands, typed, heldBack],
  )
  const hostEntries = useMemo(
    () =>
      hosts.map((host) => ({
        key: `host:${host.id}`,
        name: host.name,
        also: `${host.address} ${host.tags.join(' ')}`,
        icon: <Server aria-hidden />,
        note: host.address,
        does: { path: links.host(host) },
      })),
    [hosts],
  )
  const containerEntries = useMemo(
    () =>
      [...containers.values()].map((container) => {
        const host = hostById.get(container.hostId)?.name ?? ''
        return {
          key: `container:${container.hostId}/${container.id}`,
          name: container.name,
          also: `${container.image} ${host} ${container.id} ${container.stack ?? ''}`,
          icon: <Box aria-hidden />,
          note: host,
          does: { path: links.container(container) },
        }
      }),
    [containers, hostById],
  )
  const imageEntries = useMemo(() => {
    const byId = new Map<string, { tags: Set<string>; hosts: number }>()
    for (const image of images.values()) {
      const seen = byId.get(image.id) ?? { tags: new Set<string>(), hosts: 0 }
      for (const tag of image.tags) seen.tags.add(tag)
      seen.hosts++
      byId.set(image.id, seen)
    }
    return [...byId].map(([id, { tags, hosts }]) => {
      const digest = id.slice(7, 19)
      const [first = digest, ...others] = tags
      return {
        key: `image:${id}`,
        name: first,
        also: `${others.join(' ')} ${id}`,
        icon: <Layers aria-hidden />,
        note: t('scope.hosts', { count: hosts }),
        does: { path: links.image({ id }) },
      }
    })
  }, [images, t])

  const volumeEntries = useMemo(
    () =>
      [...volumes.values()].map((volume) => {
        const host = hostById.get(volume.hostId)?.name ?? ''
        return {
          key: `volume:${volume.hostId}/${volume.id}`,
          name: volume.id,
          also: host,
          icon: <Database aria-hidden />,
          note: host,
          does: { path: links.volume(volume) },
        }
      }),
    [volumes, hostById],
  )

  return useMemo(
    () => ({
      actions,
      pages,
      hosts: hostEntries,
      containers: containerEntries,
      images: imageEntries,
      volumes: volumeEntries,
    }),
    [actions, pages, hostEntries, containerEntries, imageEntries, volumeEntries],
  )
}
