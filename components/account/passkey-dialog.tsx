'use client'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { makePasskey } from '#components/credentials/passkey.ts'
import { api } from '#components/data/api.ts'
import { Field } from '#components/ui/field.tsx'
import { Input } from '#components/ui/input.tsx'
import type { Passkey } from '#lib/contracts/sign-in.ts'
import { FactorDialog } from './factor-dialog.tsx'
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
  const [name, setName] = useState(() => describeAgent(navigator.userAgent)?.system ?? '')
  const add = useMutation({
    mutationFn: async () =>
      api.post('/api/account/passkeys', { body: { name, passkey: await makePasskey() } }),
    onSuccess: ({ recoveryCodes }) => onAdded(recoveryCodes),
  })
  return (
    <FactorDialog
      title={t('passkeyTitle')}
      text={t('passkeyText')}
      action={t('passkeyMake')}
      ready={name.trim() !== ''}
      request={add}
      onClose={onClose}
    >
      {(refused) => <Name value={name} error={refused.name} onChange={setName} />}
    </FactorDialog>
  )
}

export function RenamePasskeyDialog({
  passkey,
  onClose,
  onRenamed,
}: {
  passkey: Passkey
  onClose(): void
  onRenamed(): void
}) {
  const t = useTranslations('account.factors')
  const [name, setName] = useState(passkey.name)
  const rename = useMutation({
    mutationFn: () =>
      api.patch('/api/account/passkeys/:passkeyId', { params: { passkeyId: passkey.id }, body: { name } }),
    onSuccess: onRenamed,
  })
  return (
    <FactorDialog
      title={t('passkeyRenameTitle', { name: passkey.name })}
      action={t('passkeyRename')}
      ready={name.trim() !== '' && name.trim() !== passkey.name}
      request={rename}
      onClose={onClose}
    >
      {(refused) => <Name value={name} error={refused.name} onChange={setName} />}
    </FactorDialog>
  )
}

function Name(props: { value: string; error: string | undefined; onChange(name: string): void }) {
  const t = useTranslations('account.factors')
  return (
    <Field label={t('passkeyName')} hint={t('passkeyNameHint')} error={props.error} required>
      {(field) => (
        <Input
          {...field}
          value={props.value}
          maxLength={80}
          autoComplete="off"
          onChange={(event) => props.onChange(event.target.value)}
        />
      )}
    </Field>
  )
}
