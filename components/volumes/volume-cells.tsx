'use client'
import { useTranslations } from 'use-intl'
import { Badge } from '#components/ui/badge.tsx'
import { useFormat } from '#components/ui/use-format.ts'
import type { VolumeRow } from '#lib/volumes/rows.ts'
import type { SizesOfVolumes } from './use-volume-sizes.ts'

/** Characters of a name that an engine made up. */
const shortName = 12

const isMadeUp = (id: string) => /^[0-9a-f]{64}$/.test(id)

/** As people call it: of a name that an engine made up, its beginning. */
export const shownName = ({ id }: VolumeRow['volume']) => (isMadeUp(id) ? `${id.slice(0, shortName)}…` : id)
/** What is typed to say that it is meant. */
export const typedName = ({ id }: VolumeRow['volume']) => (isMadeUp(id) ? id.slice(0, shortName) : id)

export function VolumeName({ row }: { row: VolumeRow }) {
  const t = useTranslations('volumes')
  return (
    <span title={row.volume.id}>
      <span className="font-medium">{shownName(row.volume)}</span>
      {row.isAnonymous && <Badge className="ml-2">{t('anonymous')}</Badge>}
    </span>
  )
}

/** How many containers have it, and how many of them are at work; what is not known is said so. */
export function VolumeUse({ row: { users, running, isOpen } }: { row: VolumeRow }) {
  const t = useTranslations('volumes.use')
  if (users.length === 0) return <span className="text-ink-faint">{isOpen ? t('open') : t('unused')}</span>
  const stopped = users.length - running
  return (
    <span title={users.map(({ name }) => name).join('\n')}>
      {running > 0 && t('running', { count: running })}
      {running > 0 && stopped > 0 && ', '}
      {stopped > 0 && <span className="text-ink-muted">{t('stopped', { count: stopped })}</span>}
    </span>
  )
}

export function VolumeSize({ row, sizes }: { row: VolumeRow; sizes: SizesOfVolumes }) {
  const t = useTranslations('volumes.sizes')
  const format = useFormat()
  const size = sizes.of(row.volume)
  if (typeof size === 'number') return format.bytes(size)
  return (
    <span className="text-ink-faint" title={size === null ? t('unknownText') : undefined}>
      {size === undefined && sizes.isAsking(row.volume.hostId) ? '…' : t('unknown')}
    </span>
  )
}
