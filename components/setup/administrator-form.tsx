'use client'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { NewPassword } from '#components/credentials/new-password.tsx'
import { minimumPasswordLength } from '#components/credentials/password-strength.ts'
import { api, fieldErrors } from '#components/data/api.ts'
import { Button } from '#components/ui/button.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { Field } from '#components/ui/field.tsx'
import { Input } from '#components/ui/input.tsx'
import type { SetupInput } from '#lib/contracts/account.ts'

export function AdministratorForm({ onMade }: { onMade(): void }) {
  const t = useTranslations('setup')
  const account = useTranslations('account')
  const [input, setInput] = useState<SetupInput>({ token: '', name: '', email: '', password: '' })
  const [tried, setTried] = useState(false)
  const make = useMutation({
    mutationFn: () =>
      api.post('/api/setup', { body: { ...input, token: input.token.trim(), email: input.email.trim() } }),
    onSuccess: onMade,
  })
  const refused = fieldErrors(make.error)
  const missing = {
    token: input.token.trim() === '' ? t('tokenMissing') : null,
    name: input.name.trim() === '' ? t('nameMissing') : null,
    email: /^\S+@\S+\.\S+$/.test(input.email.trim()) ? null : t('emailMissing'),
    password:
      input.password.length < minimumPasswordLength
        ? account('passwordShort', { missing: minimumPasswordLength - input.password.length })
        : null,
  }
  const errorOf = (name: keyof SetupInput) => (tried ? missing[name] : null) ?? refused[name] ?? null
  const text = (name: keyof SetupInput) => ({
    value: input[name],
    onChange: (event: { target: { value: string } }) => setInput({ ...input, [name]: event.target.value }),
    className: 'h-9',
  })

  return (
    <form
      noValidate
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        setTried(true)
        if (Object.values(missing).every((error) => error === null) && !make.isPending) make.mutate()
      }}
    >
      <Field label={t('token')} hint={t('tokenHint')} required error={errorOf('token')}>
        {(props) => (
          <Input
            {...props}
            {...text('token')}
            className="h-9 font-mono"
            autoComplete="one-time-code"
            spellCheck={false}
          />
        )}
      </Field>
      <Field label={t('name')} required error={errorOf('name')}>
        {(props) => <Input {...props} {...text('name')} autoComplete="name" maxLength={80} />}
      </Field>
      <Field label={t('email')} hint={t('emailHint')} required error={errorOf('email')}>
        {(props) => (
          <Input {...props} {...text('email')} type="email" autoComplete="username" spellCheck={false} />
        )}
      </Field>
      <NewPassword
        label={t('password')}
        value={input.password}
        onChange={(password) => setInput({ ...input, password })}
        known={[input.name, input.email]}
        error={errorOf('password')}
      />
      {make.error && Object.keys(refused).length === 0 && <ErrorNote error={make.error} />}
      <Button type="submit" variant="primary" size="lg" busy={make.isPending || make.isSuccess}>
        {t('create')}
      </Button>
    </form>
  )
}
