'use client'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { KeyRound } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { api } from '#components/data/api.ts'
import { queryKeys } from '#components/data/query-keys.ts'
import { Button } from '#components/ui/button.tsx'
import { useNow } from '#components/ui/clock.ts'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { useErrorText } from '#components/ui/error-text.ts'
import { toast } from '#components/ui/toast.tsx'
import { useFormat } from '#components/ui/use-format.ts'

/** Tokens and client certificates that act in the person's name, and the way to end them. With a host its certificates alone. */
export function TokenList({ hostId }: { hostId?: string }) {
  const t = useTranslations('account')
  const format = useFormat()
  const errorText = useErrorText()
  const client = useQueryClient()
  const minute = useNow((now) => Math.floor(now / 60_000))
  const tokens = useQuery({
    queryKey: queryKeys.tokens(),
    queryFn: ({ signal }) => api.get('/api/account/tokens', { signal }),
  })
  const revoke = useMutation({
    mutationFn: (id: string) => api.delete('/api/account/tokens/:tokenId', { params: { tokenId: id } }),
    onError: (error) => toast.error(errorText(error).sentence),
    onSettled: () => client.invalidateQueries({ queryKey: queryKeys.tokens() }),
  })
  if (tokens.error && !tokens.data)
    return <ErrorNote error={tokens.error} onRetry={() => void tokens.refetch()} />
  const shown = tokens.data?.filter((token) => hostId === undefined || token.hostId === hostId)
  if (!shown) return null
  if (shown.length === 0)
    return <p className="text-ink-muted">{t(hostId === undefined ? 'noTokens' : 'noCertificates')}</p>
  return (
    <ul className="rounded-lg border bg-surface">
      {shown.map((token) => (
        <li key={token.id} className="flex items-center gap-3 border-b px-3 py-2.5 last:border-b-0">
          <KeyRound aria-hidden className="size-4 shrink-0 text-ink-faint" />
          <div className="min-w-0 flex-1">
            <span className="font-medium">{token.name}</span>
            {hostId === undefined && token.hostId && (
              <span className="ml-2 text-ink-muted">{t('certificate')}</span>
            )}
            <div className="text-ink-faint text-xs">
              <code>{token.permissions.join(', ')}</code> ·{' '}
              {token.usedAt ? t('tokenUsed', { date: format.date(token.usedAt) }) : t('tokenUnused')} ·{' '}
              {Date.parse(token.expiresAt) < minute * 60_000
                ? t('tokenOver')
                : t('expires', { date: format.date(token.expiresAt) })}
            </div>
          </div>
          <Button
            size="sm"
            aria-label={t('endTokenLabel', { name: token.name })}
            busy={revoke.isPending && revoke.variables === token.id}
            onClick={() => revoke.mutate(token.id)}
          >
            {t('endToken')}
          </Button>
        </li>
      ))}
    </ul>
  )
}
