'use client'
import { Compass } from 'lucide-react'
import Link from 'next/link'
import { useTranslations } from 'use-intl'
import { Button } from '#components/ui/button.tsx'
import { EmptyState } from '#components/ui/empty-state.tsx'

export function NotFound() {
  const t = useTranslations('common')
  return (
    <main className="grid min-h-full place-items-center">
      <EmptyState
        icon={<Compass />}
        title={t('notFoundTitle')}
        action={
          <Button inPreview asChild>
            <Link href="/">{t('notFoundAction')}</Link>
          </Button>
        }
      >
        {t('notFoundText')}
      </EmptyState>
    </main>
  )
}
