'use client'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { CodeInput } from '#components/credentials/code-input.tsx'
import { api, fieldErrors } from '#components/data/api.ts'
import { Button } from '#components/ui/button.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { Field } from '#components/ui/field.tsx'
import type { SecondStepMethod } from '#lib/contracts/sign-in.ts'
import { PasskeyButton } from './passkey-button.tsx'

/** What follows the password. */
export function SecondStepForm({
  methods,
  onDone,
  onBack,
}: {
  methods: readonly SecondStepMethod[]
  onDone(): void
  onBack(): void
}) {
  const t = useTranslations('login')
  const [code, setCode] = useState('')
  const [tried, setTried] = useState(false)
  const send = useMutation({
    mutationFn: () => api.post('/api/session/code', { body: { code } }),
    onSuccess: onDone,
  })
  const refused = fieldErrors(send.error)
  const busy = send.isPending || send.isSuccess
  const takesCodes = methods.includes('totp') || methods.includes('recovery')
  return (
    <>
      {takesCodes && (
        <form
          noValidate
          className="flex flex-col gap-4"
          onSubmit={(event) => {
            event.preventDefault()
            setTried(true)
            if (code.trim() !== '' && !busy) send.mutate()
          }}
        >
          {send.error && Object.keys(refused).length === 0 && <ErrorNote error={send.error} />}
          <Field
            label={t('code')}
            hint={t('codeHint')}
            required
            error={tried && code.trim() === '' ? t('codeMissing') : refused.code}
          >
            {(props) => (
              // oxlint-disable-next-line jsx-a11y/no-autofocus -- the page asks for nothing else
              <CodeInput {...props} autoFocus value={code} onChange={setCode} />
            )}
          </Field>
          <Button type="submit" variant="primary" size="lg" busy={busy}>
            {t('signIn')}
          </Button>
        </form>
      )}
      {methods.includes('passkey') && <PasskeyButton onDone={onDone} />}
      <p className="border-t pt-4">
        <Button variant="link" onClick={onBack}>
          {t('back')}
        </Button>
      </p>
    </>
  )
}
