'use client'
import { useQuery } from '@tanstack/react-query'
import { useTranslations } from 'use-intl'
import { api, basePath } from '#components/data/api.ts'
import { queryKeys } from '#components/data/query-keys.ts'
import { AuthFrame } from '#components/login/auth-frame.tsx'
import { useSignOut } from '#components/page/use-sign-out.ts'
import { Button } from '#components/ui/button.tsx'
import { SecondFactor } from './second-factor.tsx'

/** Where somebody is led who has to have a second factor and has none. */
export function NeededFactorPage() {
  const t = useTranslations('login')
  const account = useTranslations('account')
  const signOut = useSignOut()
  const factors = useQuery({
    queryKey: queryKeys.factors(),
    queryFn: ({ signal }) => api.get('/api/account/factors', { signal }),
  })
  return (
    <AuthFrame title={t('needTitle')} intro={t('needIntro')}>
      <SecondFactor />
      <div className="flex gap-2 border-t pt-4">
        <Button
          variant="primary"
          disabled={factors.data?.needed !== false}
          onClick={() => window.location.replace(`${basePath()}/`)}
        >
          {t('continue')}
        </Button>
        <Button onClick={signOut}>{account('signOut')}</Button>
      </div>
    </AuthFrame>
  )
}
