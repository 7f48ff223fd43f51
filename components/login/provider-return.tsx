'use client'
import { useMutation } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import { api, basePath } from '#components/data/api.ts'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { Skeleton } from '#components/ui/skeleton.tsx'
import { AuthFrame } from './auth-frame.tsx'
import { nextPath } from './next-path.ts'

/** What this tab went to the identity provider for: where to go on, 'proof' or 'link'. */
const purposeKey = 'roadstead.provider'

/** Leaves for the identity provider, and comes back to the page below. Throws ApiFailure. */
export async function goToProvider(next: string | null): Promise<void> {
  sessionStorage.setItem(purposeKey, nextPath(next))
  const { url } = await api.post('/api/session/oidc/begin')
  window.location.assign(url)
}

/** As `goToProvider`, to link what one is there with the own account. */
export async function linkAtProvider(): Promise<void> {
  const { url } = await api.post('/api/account/provider/begin')
  sessionStorage.setItem(purposeKey, 'link')
  window.location.assign(url)
}

/** Where the identity provider sends the browser back to; with `?start=proof`, the way there. */
export function ProviderReturn() {
  const t = useTranslations('login')
  const asked = useRef(false)
  const [back, setBack] = useState('/login')
  const work = useMutation({
    mutationFn: async () => {
      const query = window.location.search.slice(1)
      if (query === 'start=proof') {
        sessionStorage.setItem(purposeKey, 'proof')
        const { url } = await api.post('/api/account/proof/oidc/begin')
        window.location.replace(url)
        return false
      }
      const purpose = sessionStorage.getItem(purposeKey)
      sessionStorage.removeItem(purposeKey)
      if (purpose === 'link') {
        setBack('/account')
        await api.post('/api/account/provider', { body: { query } })
        window.location.replace(`${basePath()}/account#provider`)
        return false
      }
      await api.post('/api/session/oidc', { body: { query } })
      if (purpose === 'proof') return true
      // A full load: it leaves an address with a used code in it.
      window.location.replace(basePath() + nextPath(purpose))
      return false
    },
  })
  const { mutate } = work
  useEffect(() => {
    // What the provider gave is good once; in development effects run twice.
    if (asked.current) return
    asked.current = true
    mutate()
  }, [mutate])
  if (work.data === true) return <AuthFrame title={t('provedTitle')} intro={t('provedText')} />
  return (
    <AuthFrame title={t('title')}>
      {work.error ? (
        <>
          <ErrorNote error={work.error} />
          <p>
            <a href={basePath() + back} className="text-accent underline">
              {t('back')}
            </a>
          </p>
        </>
      ) : (
        <div aria-busy className="flex flex-col gap-4">
          <Skeleton className="h-9 w-full" />
        </div>
      )}
    </AuthFrame>
  )
}
