'use client'
import { useQuery } from '@tanstack/react-query'
import { Send, ShieldAlert } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { api } from '#components/data/api.ts'
import { queryKeys } from '#components/data/query-keys.ts'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { useFormat } from '#components/ui/use-format.ts'
import type { AuditReceiverState } from '#lib/contracts/audit.ts'

/** Milliseconds. */
const every = 10_000

/** How far the places off this machine have the log. Nothing where there are none. */
export function ShippingNote() {
  const query = useQuery({
    queryKey: queryKeys.auditState(),
    queryFn: ({ signal }) => api.get('/api/audit/state', { signal }),
    refetchInterval: every,
  })
  const receivers = query.data?.receivers ?? []
  if (receivers.length === 0) return null
  return (
    <ul className="mb-3 flex flex-col gap-1.5">
      {receivers.map((receiver) => (
        <li key={receiver.kind}>
          <ReceiverLine receiver={receiver} />
        </li>
      ))}
    </ul>
  )
}

function ReceiverLine({ receiver }: { receiver: AuditReceiverState }) {
  const t = useTranslations('audit.shipping')
  const format = useFormat()
  const { name, waiting, shippedAt, rewrittenAt, error } = receiver
  const line =
    waiting > 0
      ? t('waiting', { name, count: waiting })
      : shippedAt
        ? t('all', { name, time: format.dateTime(shippedAt) })
        : t('none', { name })
  return (
    <>
      <p className="flex items-center gap-2 break-all text-ink-muted">
        <Send aria-hidden className="size-3.5 shrink-0" /> {line}
      </p>
      {rewrittenAt && (
        <p className="mt-1 flex items-start gap-2 text-danger">
          <ShieldAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
          {t('rewritten', { name, time: format.dateTime(rewrittenAt) })}
        </p>
      )}
      {error && <ErrorNote className="mt-1.5" error={error} />}
    </>
  )
}
