'use client'
import { Eye } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { useSession } from '#components/data/use-session.ts'
import { EmptyState } from '#components/ui/empty-state.tsx'

/** In place of what only opens by a recorded act, such as a terminal: a preview opens nothing. */
export function NotInPreview() {
  const t = useTranslations('shell.preview')
  const { preview } = useSession()
  return (
    <EmptyState icon={<Eye />} title={t('closedTitle')}>
      {t('closedText', { name: preview?.name ?? '' })}
    </EmptyState>
  )
}
