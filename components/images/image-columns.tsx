'use client'
import Link from 'next/link'
import { useMemo } from 'react'
import { useTranslations } from 'use-intl'
import { useScopedHref } from '#components/data/use-scope.ts'
import { type Column, compareText } from '#components/data-table/columns.ts'
import { Age } from '#components/ui/age.tsx'
import { Badge } from '#components/ui/badge.tsx'
import { Popover } from '#components/ui/popover.tsx'
import { useFormat } from '#components/ui/use-format.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import type { ImageGroup } from '#lib/images/groups.ts'

/** The link that lists the containers of an image. */
export const usersHref = (group: ImageGroup) =>
  `/containers?filter=${encodeURIComponent(`image:${group.id.slice(7, 19)}`)}`

export function useImageColumns(
  hosts: ReadonlyMap<string, Host>,
  hostsInScope: number,
): Column<ImageGroup>[] {
  const t = useTranslations('images')
  const format = useFormat()
  const href = useScopedHref()
  return useMemo(
    (): Column<ImageGroup>[] => [
      {
        id: 'tags',
        header: t('columns.tags'),
        width: 'minmax(240px, 2fr)',
        cell: (group) => <ImageTags group={group} />,
        compare: (a, b) => compareText(a.tags[0] ?? '~', b.tags[0] ?? '~'),
      },
      {
        id: 'digest',
        header: t('columns.digest'),
        width: '120px',
        leaves: 2,
        cell: (group) => (
          <code className="text-ink-muted" title={group.id}>
            {group.id.slice(7, 19)}
          </code>
        ),
        compare: (a, b) => compareText(a.id, b.id),
      },
      {
        id: 'hosts',
        header: t('columns.hosts'),
        width: '104px',
        leaves: 5,
        cell: (group) => (
          <Popover
            label={t('columns.hosts')}
            trigger={
              <button type="button" className="rounded-sm text-accent hover:underline">
                {t('onHosts', { count: group.copies.length, total: hostsInScope })}
              </button>
            }
          >
            <ul className="max-h-72 overflow-y-auto p-3">
              {group.copies.map((copy) => (
                <li key={copy.hostId} className="truncate py-0.5">
                  {hosts.get(copy.hostId)?.name}
                </li>
              ))}
            </ul>
          </Popover>
        ),
        compare: (a, b) => a.copies.length - b.copies.length,
      },
      {
        id: 'size',
        header: t('columns.size'),
        width: '92px',
        leaves: 4,
        align: 'end',
        cell: (group) => format.bytes(group.size),
        compare: (a, b) => a.size - b.size,
      },
      {
        id: 'created',
        header: t('columns.created'),
        width: '84px',
        leaves: 1,
        align: 'end',
        cell: (group) => <Age at={group.createdAt} className="text-ink-muted" />,
        compare: (a, b) => compareText(a.createdAt ?? '', b.createdAt ?? ''),
      },
      {
        id: 'used',
        header: t('columns.used'),
        width: '128px',
        leaves: 3,
        align: 'end',
        cell: (group) =>
          group.platforms ? (
            <span className="block truncate text-ink-muted" title={group.platforms.join('\n')}>
              {group.platforms.join(', ') || t('noPlatform')}
            </span>
          ) : group.usedBy.length === 0 ? (
            <span className="text-ink-faint">{t('unused')}</span>
          ) : (
            <Link href={href(usersHref(group))} className="text-accent hover:underline">
              {t('usedBy', { count: group.usedBy.length })}
            </Link>
          ),
        compare: (a, b) => a.usedBy.length - b.usedBy.length,
      },
    ],
    [t, format, hosts, hostsInScope, href],
  )
}

export function ImageTags({ group }: { group: ImageGroup }) {
  const t = useTranslations('images')
  const [first, ...others] = group.tags
  if (!first)
    return (
      <>
        <Badge tone="caution">{t('untagged')}</Badge>
        {group.platforms && <Badge className="ml-2">{t('manifestList')}</Badge>}
      </>
    )
  return (
    <span title={group.tags.join('\n')}>
      <span className="font-medium">{first}</span>
      {group.platforms && <Badge className="ml-2">{t('manifestList')}</Badge>}
      {others.length > 0 && <span className="text-ink-muted"> {others.join(' ')}</span>}
    </span>
  )
}
