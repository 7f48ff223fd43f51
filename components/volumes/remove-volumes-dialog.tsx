'use client'
import Link from 'next/link'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { api } from '#components/data/api.ts'
import { useFleet } from '#components/data/use-live.ts'
import { useScopedHref } from '#components/data/use-scope.ts'
import { useStart } from '#components/tasks/use-start.ts'
import { ConfirmDialog } from '#components/ui/confirm-dialog.tsx'
import { useFormat } from '#components/ui/use-format.ts'
import type { VolumeRow } from '#lib/volumes/rows.ts'
import type { SizesOfVolumes } from './use-volume-sizes.ts'
import { shownName, typedName } from './volume-cells.tsx'

interface Removal {
  volumes: { hostId: string; name: string }[]
}

/** Says whose data goes, and what stays since a container has it. The name, or a word for several, has to be typed. */
export function RemoveVolumesDialog({
  rows,
  sizes,
  onStarted,
  onClose,
}: {
  rows: readonly VolumeRow[]
  sizes: SizesOfVolumes
  onStarted(): void
  onClose(): void
}) {
  const t = useTranslations('volumes.remove')
  const format = useFormat()
  const href = useScopedHref()
  const hosts = useFleet((fleet) => fleet.hosts)
  // As it was when it was asked: what a container takes meanwhile its engine does not let go of.
  const [going] = useState(() => rows.filter(({ users }) => users.length === 0))
  const [staying] = useState(() => rows.filter(({ users }) => users.length > 0))
  const [first] = going
  const start = useStart((body: Removal) => api.post('/api/volumes/remove', { body }), onStarted)
  const note = ({ volume, stack }: VolumeRow) => {
    const size = sizes.of(volume)
    return [
      hosts.get(volume.hostId)?.name,
      stack,
      typeof size === 'number' ? format.bytes(size) : t('sizeUnknown'),
    ]
      .filter(Boolean)
      .join(' · ')
  }
  const word = going.length > 1 ? t('word') : first && typedName(first.volume)
  return (
    <ConfirmDialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={
        first
          ? t('title', { count: going.length, name: shownName(first.volume) })
          : t('nothingTitle', { count: staying.length })
      }
      description={first ? t('text', { count: going.length }) : t('nothingText')}
      items={going.map((row) => ({ key: row.key, name: shownName(row.volume), note: note(row) }))}
      confirmLabel={t('confirm', { count: going.length })}
      ready={going.length > 0}
      {...(word ? { typeName: word } : {})}
      onConfirm={() =>
        start.mutateAsync({
          volumes: going.map(({ volume }) => ({ hostId: volume.hostId, name: volume.id })),
        })
      }
    >
      {staying.length > 0 && (
        <div className="rounded-md bg-caution-soft px-3 py-2 text-caution">
          <p>{t('staying', { count: staying.length })}</p>
          <ul className="max-h-32 overflow-y-auto text-xs">
            {staying.map(({ key, volume, users }) => (
              <li key={key} className="break-words">
                {t('stayingOne', {
                  name: shownName(volume),
                  host: hosts.get(volume.hostId)?.name ?? '',
                  users: users.map(({ name }) => name).join(', '),
                })}
              </li>
            ))}
          </ul>
        </div>
      )}
      <p className="text-ink-muted text-xs">
        {t.rich('prune', {
          link: (text) => (
            <Link href={href('/disk')} className="text-accent underline">
              {text}
            </Link>
          ),
        })}
      </p>
    </ConfirmDialog>
  )
}
