'use client'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Building2 } from 'lucide-react'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { api } from '#components/data/api.ts'
import { queryKeys } from '#components/data/query-keys.ts'
import { linkAtProvider } from '#components/login/provider-return.tsx'
import { Button } from '#components/ui/button.tsx'
import { ConfirmDialog } from '#components/ui/confirm-dialog.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { toast } from '#components/ui/toast.tsx'
import type { Factors } from '#lib/contracts/sign-in.ts'

/** Whether the identity provider signs this person in, and the way to change that. */
export function ProviderLink({ name, linked }: NonNullable<Factors['provider']>) {
  const t = useTranslations('account.provider')
  const client = useQueryClient()
  const [asked, setAsked] = useState(false)
  const go = useMutation({ mutationFn: linkAtProvider })
  return (
    <div className="flex flex-col items-start gap-3">
      {linked ? (
        <div className="flex w-full items-center gap-3 rounded-lg border bg-surface px-3 py-2.5">
          <Building2 aria-hidden className="size-4 shrink-0 text-ink-faint" />
          <div className="min-w-0 flex-1">
            <span className="block truncate font-medium">{name}</span>
            <span className="block text-ink-faint text-xs">{t('linked')}</span>
          </div>
          <Button size="sm" onClick={() => setAsked(true)}>
            {t('unlink')}
          </Button>
        </div>
      ) : (
        <>
          <p className="text-ink-muted">{t('none', { name })}</p>
          <Button busy={go.isPending || go.isSuccess} onClick={() => go.mutate()}>
            {t('link', { name })}
          </Button>
        </>
      )}
      {go.error && <ErrorNote error={go.error} />}
      <ConfirmDialog
        open={asked}
        onOpenChange={setAsked}
        title={t('unlinkTitle', { name })}
        description={t('unlinkText')}
        confirmLabel={t('unlinkConfirm')}
        onConfirm={async () => {
          await api.delete('/api/account/provider')
          toast.success(t('unlinked', { name }))
          await client.invalidateQueries({ queryKey: queryKeys.factors() })
        }}
      />
    </div>
  )
}
