'use client'
import { RotateCw } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { Age } from '#components/ui/age.tsx'
import { useErrorText } from '#components/ui/error-text.ts'
import { IconButton } from '#components/ui/icon-button.tsx'
import type { SizesOfVolumes } from './use-volume-sizes.ts'

const mostLines = 3

/** Since when the sizes are what they are, and of which hosts they are not known, with the reason. */
export function SizeNote({ sizes }: { sizes: SizesOfVolumes }) {
  const t = useTranslations('volumes.sizes')
  const errorText = useErrorText()
  const asked = sizes.hosts.filter(({ host }) => host.state === 'online')
  const oldest = asked.flatMap(({ told }) => told?.readAt ?? []).toSorted()[0]
  const asking = asked.filter(({ isAsking }) => isAsking).length
  const failed = asked.filter(({ error, isAsking }) => error !== null && !isAsking)
  if (asked.length === 0) return null
  return (
    <div className="flex shrink-0 items-start gap-1.5 px-4 pb-2 text-ink-muted text-xs md:px-5">
      <div className="min-w-0 pt-1" role="status">
        {asking > 0 ? (
          <p>{t('asking', { count: asking })}</p>
        ) : (
          oldest && <p>{t.rich('readAt', { age: () => <Age at={oldest} ago /> })}</p>
        )}
        {failed.slice(0, mostLines).map(({ host, error, told }) => (
          <p key={host.id} className="break-words text-caution">
            {t.rich(told ? 'failedSince' : 'failed', {
              host: host.name,
              error: errorText(error).sentence,
              age: () => <Age at={told?.readAt ?? null} />,
            })}
          </p>
        ))}
        {failed.length > mostLines && <p>{t('more', { count: failed.length - mostLines })}</p>}
      </div>
      <IconButton
        inPreview
        size="sm"
        label={t('again')}
        icon={<RotateCw />}
        disabled={asking > 0}
        onClick={sizes.again}
      />
    </div>
  )
}
