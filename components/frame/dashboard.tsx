'use client'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useEffect } from 'react'
import { useTranslations } from 'use-intl'
import { ApiFailure, api, basePath, onSignedOut } from '#components/data/api.ts'
import { queryKeys } from '#components/data/query-keys.ts'
import { SessionContext } from '#components/data/use-session.ts'
import { StatsProvider } from '#components/stats/stats-provider.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { PreviewContext } from '#components/ui/preview.tsx'
import type { Session } from '#lib/contracts/account.ts'
import { LiveProvider } from './live-provider.tsx'
import { Shell } from './shell.tsx'
import { ShellSkeleton } from './shell-skeleton.tsx'

/** Everything behind the sign-in. Who is not signed in goes there and comes back to the same view. */
export function Dashboard({ children }: { children: ReactNode }) {
  const t = useTranslations('shell')
  useEffect(() => onSignedOut(goToSignIn), [])
  const session = useQuery({
    queryKey: queryKeys.session(),
    queryFn: ({ signal }) => api.get('/api/session', { signal }),
    staleTime: Number.POSITIVE_INFINITY,
    // Who may see nothing has no live socket that could tell of a grant.
    refetchInterval: ({ state }) => (state.data && !seesHosts(state.data) ? 15_000 : false),
  })
  const needed = session.data?.secondFactorNeeded === true
  useEffect(() => {
    // A full load: nothing of what was open works before.
    if (needed) window.location.replace(`${basePath()}/second-factor`)
  }, [needed])
  if (session.data && !needed) {
    return (
      <SessionContext value={session.data}>
        <PreviewContext value={session.data.preview !== null}>
          {/* Keyed: nothing of the fleet stays with who may see none of it any more. */}
          <LiveProvider key={String(seesHosts(session.data))}>
            <StatsProvider>
              <Shell>{children}</Shell>
            </StatsProvider>
          </LiveProvider>
        </PreviewContext>
      </SessionContext>
    )
  }
  const signedOut = session.error instanceof ApiFailure && session.error.error.code === 'signed_out'
  if (session.error && !signedOut) {
    return (
      <main className="mx-auto flex min-h-full max-w-xl flex-col justify-center p-6">
        <ErrorNote title={t('sessionFailed')} error={session.error} onRetry={() => void session.refetch()} />
      </main>
    )
  }
  return <ShellSkeleton />
}

const seesHosts = ({ permissions }: Session) => permissions.includes('hosts.view')

/** A full load, so that nothing of the ended session stays in memory. */
function goToSignIn(): void {
  const base = basePath()
  const { pathname, search } = window.location
  const here = `${pathname.slice(base.length) || '/'}${search}`
  window.location.replace(`${base}/login${here === '/' ? '' : `?next=${encodeURIComponent(here)}`}`)
}
