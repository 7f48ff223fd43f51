'use client'
import { KeyRound } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { useSession } from '#components/data/use-session.ts'
import { EmptyState } from '#components/ui/empty-state.tsx'

/** For who has an account and sees no host: whom to ask, and what they need to know. */
export function NothingGranted({ wholePage = false }: { wholePage?: boolean }) {
  const t = useTranslations('shell')
  const { user, preview } = useSession()
  return (
    <EmptyState wholePage={wholePage} icon={<KeyRound />} title={t('nothingGrantedTitle')}>
      {t.rich('nothingGrantedText', {
        email: (preview ?? user).email,
        strong: (text) => <strong className="font-medium text-ink">{text}</strong>,
      })}
    </EmptyState>
  )
}
