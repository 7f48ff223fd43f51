'use client'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { NewPassword } from '#components/credentials/new-password.tsx'
import { PasswordInput } from '#components/credentials/password-input.tsx'
import { minimumPasswordLength } from '#components/credentials/password-strength.ts'
import { api, fieldErrors } from '#components/data/api.ts'
import { queryKeys } from '#components/data/query-keys.ts'
import { useSession } from '#components/data/use-session.ts'
import { Button } from '#components/ui/button.tsx'
import { Checkbox } from '#components/ui/checkbox.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { CheckField, Field } from '#components/ui/field.tsx'
import { toast } from '#components/ui/toast.tsx'

const blank = { current: '', next: '', again: '' }

export function ChangePassword() {
  const t = useTranslations('account')
  const { user } = useSession()
  const queryClient = useQueryClient()
  const [fields, setFields] = useState(blank)
  const [revokeOthers, setRevokeOthers] = useState(true)
  const [tried, setTried] = useState(false)
  const change = useMutation({
    mutationFn: () =>
      api.post('/api/account/password', {
        body: {
          currentPassword: fields.current,
          newPassword: fields.next,
          revokeOthers,
        },
      }),
    onSuccess: () => {
      setFields(blank)
      setTried(false)
      toast.success(
        t('passwordChanged'),
        revokeOthers ? { description: t('passwordChangedOthers') } : undefined,
      )
      void queryClient.invalidateQueries({ queryKey: queryKeys.accountSessions() })
    },
  })
  const refused = fieldErrors(change.error)
  const wrong = {
    current: fields.current === '' ? t('passwordMissing') : null,
    next:
      fields.next.length < minimumPasswordLength
        ? t('passwordShort', { missing: minimumPasswordLength - fields.next.length })
        : null,
    again: fields.again === fields.next ? null : t('passwordsDiffer'),
  }

  return (
    <form
      noValidate
      className="flex max-w-90 flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        setTried(true)
        if (Object.values(wrong).every((error) => error === null) && !change.isPending) change.mutate()
      }}
    >
      <Field
        label={t('currentPassword')}
        required
        error={(tried ? wrong.current : null) ?? refused.currentPassword}
      >
        {(props) => (
          <PasswordInput
            {...props}
            autoComplete="current-password"
            value={fields.current}
            onChange={(event) => setFields({ ...fields, current: event.target.value })}
          />
        )}
      </Field>
      <NewPassword
        label={t('newPassword')}
        value={fields.next}
        onChange={(next) => setFields({ ...fields, next })}
        known={[user.name, user.email]}
        error={(tried ? wrong.next : null) ?? refused.newPassword ?? null}
      />
      <Field label={t('repeatPassword')} required error={tried ? wrong.again : null}>
        {(props) => (
          <PasswordInput
            {...props}
            autoComplete="new-password"
            value={fields.again}
            onChange={(event) => setFields({ ...fields, again: event.target.value })}
          />
        )}
      </Field>
      <CheckField label={t('revokeOthers')} hint={t('revokeOthersHint')}>
        {(props) => (
          <Checkbox
            {...props}
            checked={revokeOthers}
            onChange={(event) => setRevokeOthers(event.target.checked)}
          />
        )}
      </CheckField>
      {change.error && Object.keys(refused).length === 0 && <ErrorNote error={change.error} />}
      <Button type="submit" className="self-start" busy={change.isPending}>
        {t('changePassword')}
      </Button>
    </form>
  )
}
