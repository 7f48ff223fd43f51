'use client'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { KeyRound } from 'lucide-react'
import { useTranslations } from 'use-intl'
import type { ApiToken } from '#lib/contracts/account.ts'
import { api } from '../data/api.ts'
import { Button } from '../ui/button.tsx'
import { useNow } from '../ui/clock.ts'
import { ErrorNote } from '../ui/error-note.tsx'
import { useErrorText } from '../ui/error-text.ts'
import { toast } from '../ui/toast.tsx'
import { useFormat } from '../ui/use-format.ts'

const queryKey = ['account', 'tokens']

/** Tokens that act in the person's name, and the way to end them. */
export function TokenList() {
  const t = useTranslations('account')
  const format = useFormat()
  const errorText = useErrorText()
  const client = useQueryClient()
  const minute = useNow((now) => Math.floor(now / 60_000))
  const tokens = useQuery({
    queryKey,
    queryFn: ({ signal }) => api.get<ApiToken[]>('/api/account/tokens', { signal }),
  })
  const revoke = useMutation({
    mutationFn: (id: string) => api.delete(`/api/account/tokens/${id}`),
    onError: (error) => toast.error(errorText(error).sentence),
    onSettled: () => client.invalidateQueries({ queryKey }),
  })
  if (tokens.error && !tokens.data)
    return <ErrorNote error={tokens.error} onRetry={() => void tokens.refetch()} />
  if (tokens.data?.length === 0) return <p className="text-ink-muted">{t('noTokens')}</p>
  return (
    <ul className="rounded-lg border bg-surface">
      {tokens.data?.map((token) => (
        <li key={token.id} className="flex items-center gap-3 border-b px-3 py-2.5 last:border-b-0">
          <KeyRound aria-hidden className="size-4 shrink-0 text-ink-faint" />
          <div className="min-w-0 flex-1">
            <span className="font-medium">{token.name}</span>
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
