'use client'
import { useTranslations } from 'use-intl'
import { api, basePath } from '#components/data/api.ts'
import { useErrorText } from '#components/ui/error-text.ts'
import { toast } from '#components/ui/toast.tsx'

/** Ends the session and loads the sign-in page anew, so that nothing of the fleet stays in the tab's memory. */
export function useSignOut(): () => void {
  const t = useTranslations('shell')
  const errorText = useErrorText()
  return () => {
    api.delete('/api/session').then(
      (provider) => window.location.assign(provider?.url ?? `${basePath()}/login`),
      (error: unknown) => toast.error(t('signOutFailed'), { description: errorText(error).sentence }),
    )
  }
}
