'use client'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import type { RecoveryCodes } from '#lib/contracts/sign-in.ts'
import { api, fieldErrors } from '../data/api.ts'
import { makePasskey } from '../proof/passkey.ts'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { ErrorNote } from '../ui/error-note.tsx'
import { Field } from '../ui/field.tsx'
import { Input } from '../ui/input.tsx'
import { describeAgent } from './user-agent.ts'

/** A name, then the browser's own dialog. */
export function PasskeyDialog({
  onClose,
  onAdded,
}: {
  onClose(): void
  /** With recovery codes where these are the first. */
  onAdded(codes: string[] | null): void
}) {
  const t = useTranslations('account.factors')
  const common = useTranslations('common')
  const [name, setName] = useState(() => describeAgent(navigator.userAgent)?.system ?? '')
  const add = useMutation({
    mutationFn: async () =>
      api.post<RecoveryCodes>('/api/account/passkeys', { name, passkey: await makePasskey() }),
    onSuccess: ({ recoveryCodes }) => onAdded(recoveryCodes),
  })
  const refused = fieldErrors(add.error)
  const ready = name.trim() !== ''
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && !add.isPending && onClose()}
      title={t('passkeyTitle')}
      description={t('passkeyText')}
      size="sm"
      onSubmit={() => ready && !add.isPending && add.mutate()}
      footer={
        <>
          <Button onClick={onClose} disabled={add.isPending}>
            {common('cancel')}
          </Button>
          <Button type="submit" variant="primary" disabled={!ready} busy={add.isPending}>
            {t('passkeyMake')}
          </Button>
        </>
      }
    >
      <Field label={t('passkeyName')} hint={t('passkeyNameHint')} error={refused.name} required>
        {(props) => (
          <Input
            {...props}
            value={name}
            maxLength={80}
            autoComplete="off"
            onChange={(event) => setName(event.target.value)}
          />
        )}
      </Field>
      {add.error && Object.keys(refused).length === 0 && <ErrorNote error={add.error} />}
    </Dialog>
  )
}
