'use client'
import { useMutation } from '@tanstack/react-query'
import { Building2 } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { Button } from '#components/ui/button.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { goToProvider } from './provider-return.tsx'

/** The way to the identity provider. */
export function ProviderButton({
  name,
  next,
  primary,
}: {
  name: string
  next: string | null
  primary: boolean
}) {
  const t = useTranslations('login')
  const go = useMutation({ mutationFn: () => goToProvider(next) })
  return (
    <>
      {go.error && <ErrorNote error={go.error} />}
      <Button
        size="lg"
        variant={primary ? 'primary' : 'default'}
        busy={go.isPending || go.isSuccess}
        onClick={() => go.mutate()}
      >
        <Building2 aria-hidden /> {t('provider', { name })}
      </Button>
    </>
  )
}
