'use client'
import { Unplug } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { useConnection } from '#components/data/use-live.ts'
import { Banner } from './banner.tsx'

/** While nothing live can come: an empty table would say that there is nothing. What to do is in the mark of the connection. */
export function BlockedBanner() {
  const t = useTranslations('shell.connection')
  const { state } = useConnection()
  if (state !== 'blocked') return null
  return (
    <Banner label={t('blocked')} icon={<Unplug aria-hidden />}>
      <p role="status" className="min-w-0 flex-1 md:truncate">
        {t('blockedText')}
      </p>
    </Banner>
  )
}
