'use client'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { useTranslations } from 'use-intl'
import { CodeInput } from '#components/credentials/code-input.tsx'
import { api } from '#components/data/api.ts'
import { queryKeys } from '#components/data/query-keys.ts'
import { Button } from '#components/ui/button.tsx'
import { CodeBlock } from '#components/ui/code-block.tsx'
import { Dialog } from '#components/ui/dialog.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { Field } from '#components/ui/field.tsx'
import { Skeleton } from '#components/ui/skeleton.tsx'
import { FactorDialog } from './factor-dialog.tsx'
import { QrCode } from './qr-code.tsx'

/** The secret as a picture and as text, and the code that shows that the app has it. */
export function TotpDialog({
  onClose,
  onAdded,
}: {
  onClose(): void
  /** With recovery codes where these are the first. */
  onAdded(codes: string[] | null): void
}) {
  const t = useTranslations('account.factors')
  const [code, setCode] = useState('')
  // Each opening of the dialog is a secret of its own, asked for once.
  const begun = useQuery({
    queryKey: queryKeys.totp(useId()),
    queryFn: () => api.post('/api/account/totp'),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  })
  const confirm = useMutation({
    mutationFn: () => api.post('/api/account/totp/confirm', { body: { code } }),
    onSuccess: ({ recoveryCodes }) => onAdded(recoveryCodes),
  })
  return (
    <FactorDialog
      title={t('totpTitle')}
      text={t('totpText')}
      action={t('confirm')}
      ready={code.trim() !== '' && begun.data !== undefined}
      request={confirm}
      onClose={onClose}
    >
      {(refused) => (
        <>
          {begun.error && <ErrorNote error={begun.error} onRetry={() => void begun.refetch()} />}
          {begun.data ? (
            <>
              <QrCode text={begun.data.uri} label={t('qr')} />
              <CodeBlock text={begun.data.secret} label={t('secret')} wrap className="[&_pre]:break-all" />
            </>
          ) : (
            !begun.error && <Skeleton className="h-44 w-44 self-center" />
          )}
          <Field label={t('code')} hint={t('codeHint')} required error={refused.code}>
            {(props) => <CodeInput {...props} value={code} onChange={setCode} />}
          </Field>
        </>
      )}
    </FactorDialog>
  )
}

/** The codes, this once. */
export function RecoveryDialog({ codes, onClose }: { codes: readonly string[]; onClose(): void }) {
  const t = useTranslations('account.factors')
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t('recoveryTitle')}
      description={t('recoveryText')}
      size="sm"
      footer={
        <Button variant="primary" onClick={onClose}>
          {t('recoveryDone')}
        </Button>
      }
    >
      <CodeBlock text={codes.join('\n')} label={t('recovery')} />
      <p className="text-caution">{t('recoveryOnce')}</p>
    </Dialog>
  )
}
