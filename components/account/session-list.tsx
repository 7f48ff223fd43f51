'use client'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Monitor, Smartphone } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { api } from '#components/data/api.ts'
import { queryKeys } from '#components/data/query-keys.ts'
import { Badge } from '#components/ui/badge.tsx'
import { Button } from '#components/ui/button.tsx'
import { useNow } from '#components/ui/clock.ts'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { useErrorText } from '#components/ui/error-text.ts'
import { Skeleton } from '#components/ui/skeleton.tsx'
import { toast } from '#components/ui/toast.tsx'
import { useFormat } from '#components/ui/use-format.ts'
import type { AccountSession } from '#lib/contracts/account.ts'
import { describeAgent } from './user-agent.ts'

/** Where the person is signed in. Ending a session closes its pages and sockets at once. */
export function SessionList() {
  const t = useTranslations('account')
  const sessions = useQuery({
    queryKey: queryKeys.accountSessions(),
    queryFn: ({ signal }) => api.get('/api/account/sessions', { signal }),
  })
  if (sessions.error && !sessions.data) {
    return (
      <ErrorNote title={t('sessionsFailed')} error={sessions.error} onRetry={() => void sessions.refetch()} />
    )
  }
  if (!sessions.data) {
    return (
      <div aria-busy className="flex h-14 items-center gap-3 rounded-lg border px-3">
        <Skeleton className="w-56" />
      </div>
    )
  }
  const inOrder = [...sessions.data].sort(
    (a, b) => Number(b.current) - Number(a.current) || b.lastUsedAt.localeCompare(a.lastUsedAt),
  )
  return (
    <ul className="rounded-lg border bg-surface">
      {inOrder.map((session) => (
        <SessionRow key={session.id} session={session} />
      ))}
    </ul>
  )
}

function SessionRow({ session }: { session: AccountSession }) {
  const t = useTranslations('account')
  const format = useFormat()
  const errorText = useErrorText()
  const queryClient = useQueryClient()
  const agent = describeAgent(session.userAgent)
  const device = agent ? t('device', { browser: agent.browser, system: agent.system }) : t('unknownDevice')
  const age = useNow((now) => format.age(session.lastUsedAt, now))
  const Icon = agent?.phone ? Smartphone : Monitor
  const revoke = useMutation({
    mutationFn: () => api.delete('/api/account/sessions/:sessionId', { params: { sessionId: session.id } }),
    onSuccess: () => toast.success(t('revoked'), { description: device }),
    onError: (error) => toast.error(t('revokeFailed'), { description: errorText(error).sentence }),
    onSettled: () => queryClient.invalidateQueries({ queryKey: queryKeys.accountSessions() }),
  })
  return (
    <li className="flex items-center gap-3 border-b px-3 py-2.5 last:border-b-0">
      <Icon aria-hidden className="size-4 shrink-0 text-ink-faint" />
      <div className="min-w-0 flex-1">
        <div className="flex flex-wrap items-center gap-x-2">
          <span className="font-medium">{device}</span>
          {session.current && <Badge tone="accent">{t('thisSession')}</Badge>}
        </div>
        <div className="text-ink-faint text-xs">
          {session.ipAddress && (
            <>
              <code>{session.ipAddress}</code> ·{' '}
            </>
          )}
          {session.current ? t('usedNow') : t('lastUsed', { age })} ·{' '}
          {t('signedInAt', { date: format.date(session.createdAt) })} ·{' '}
          {t('expires', { date: format.date(session.expiresAt) })}
        </div>
      </div>
      {!session.current && (
        <Button
          size="sm"
          aria-label={t('revokeLabel', { device })}
          busy={revoke.isPending}
          onClick={() => revoke.mutate()}
        >
          {t('revoke')}
        </Button>
      )}
    </li>
  )
}
