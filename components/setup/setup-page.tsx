'use client'
import { useQuery } from '@tanstack/react-query'
import { useRouter, useSearchParams } from 'next/navigation'
import { useEffect, useState } from 'react'
import { useTranslations } from 'use-intl'
import { api } from '#components/data/api.ts'
import { queryKeys } from '#components/data/query-keys.ts'
import { AuthFrame } from '#components/login/auth-frame.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { AdministratorForm } from './administrator-form.tsx'
import { EngineChoice } from './engine-choice.tsx'

/** First run: the administrator, then the engines of this machine. The second step is in the URL, for a reload. */
export function SetupPage() {
  const t = useTranslations('setup')
  const router = useRouter()
  const atEngines = useSearchParams().get('step') === 'engines'
  // Set-up was finished by this very page: then `needed` turning false must not send it away.
  const [made, setMade] = useState(false)
  const setup = useQuery({
    queryKey: queryKeys.setup(),
    queryFn: ({ signal }) => api.get('/api/setup', { signal }),
  })
  const closed = setup.data?.needed === false && !atEngines && !made
  useEffect(() => {
    if (closed) router.replace('/login')
  }, [closed, router])

  if (atEngines) {
    return (
      <AuthFrame wide title={t('enginesTitle')} intro={t('enginesIntro')}>
        <EngineChoice onDone={() => router.replace('/')} />
      </AuthFrame>
    )
  }
  return (
    <AuthFrame title={t('title')} intro={t('intro')}>
      {setup.error && <ErrorNote error={setup.error} onRetry={() => void setup.refetch()} />}
      <AdministratorForm
        onMade={() => {
          setMade(true)
          router.replace('/setup?step=engines')
        }}
      />
    </AuthFrame>
  )
}
