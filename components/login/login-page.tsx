'use client'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useRouter, useSearchParams } from 'next/navigation'
import { useEffect, useState } from 'react'
import { useTranslations } from 'use-intl'
import { PasswordInput } from '#components/credentials/password-input.tsx'
import { api, fieldErrors } from '#components/data/api.ts'
import { queryKeys } from '#components/data/query-keys.ts'
import { Button } from '#components/ui/button.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { Field } from '#components/ui/field.tsx'
import { Input } from '#components/ui/input.tsx'
import type { SecondStepMethod } from '#lib/contracts/sign-in.ts'
import { AuthFrame } from './auth-frame.tsx'
import { nextPath } from './next-path.ts'
import { PasskeyButton } from './passkey-button.tsx'
import { ProviderButton } from './provider-button.tsx'
import { SecondStepForm } from './second-step-form.tsx'

export function LoginPage() {
  const t = useTranslations('login')
  const router = useRouter()
  const next = useSearchParams().get('next')
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const [tried, setTried] = useState(false)
  const [local, setLocal] = useState(false)

  const setup = useQuery({
    queryKey: queryKeys.setup(),
    queryFn: ({ signal }) => api.get('/api/setup', { signal }),
  })
  useEffect(() => {
    if (setup.data?.needed) router.replace('/setup')
  }, [setup.data, router])

  const offer = useQuery({
    queryKey: queryKeys.signIn(),
    queryFn: ({ signal }) => api.get('/api/sign-in', { signal }),
    // What was begun is known from the answers after that.
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnMount: 'always',
  })
  // Undefined: what the server says; null: from the beginning.
  const [begun, setBegun] = useState<SecondStepMethod[] | null>()
  const secondStep = begun === undefined ? offer.data?.secondStep : begun
  const done = () => router.replace(nextPath(next))
  const signIn = useMutation({
    mutationFn: () => api.post('/api/session', { body: { email: email.trim(), password } }),
    onSuccess: (answer) => {
      if (!('secondStep' in answer)) return done()
      setPassword('')
      setBegun(answer.secondStep)
      signIn.reset()
    },
  })
  const refused = fieldErrors(signIn.error)
  // Until the next page is there the button stays busy: a second click would sign in twice.
  const busy = signIn.isPending || signIn.isSuccess

  if (secondStep) {
    return (
      <AuthFrame title={t('secondTitle')}>
        <SecondStepForm methods={secondStep} onDone={done} onBack={() => setBegun(null)} />
      </AuthFrame>
    )
  }
  const provider = offer.data?.provider
  const few = offer.data?.localForFew === true
  if (provider && few && !local) {
    return (
      <AuthFrame title={t('title')}>
        <ProviderButton name={provider} next={next} primary />
        <p className="border-t pt-4">
          <Button variant="link" onClick={() => setLocal(true)}>
            {t('localForFew')}
          </Button>
        </p>
      </AuthFrame>
    )
  }
  return (
    <AuthFrame title={t('title')}>
      <form
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          setTried(true)
          if (email.trim() !== '' && password !== '' && !busy) signIn.mutate()
        }}
      >
        {setup.error && (
          <ErrorNote title={t('setupUnknown')} error={setup.error} onRetry={() => void setup.refetch()} />
        )}
        {signIn.error && Object.keys(refused).length === 0 && <ErrorNote error={signIn.error} />}
        <Field
          label={t('email')}
          required
          error={tried && email.trim() === '' ? t('emailMissing') : refused.email}
        >
          {(props) => (
            <Input
              {...props}
              type="email"
              name="email"
              autoComplete="username"
              inputMode="email"
              spellCheck={false}
              value={email}
              onChange={(event) => setEmail(event.target.value)}
              className="h-9"
            />
          )}
        </Field>
        <Field
          label={t('password')}
          required
          error={tried && password === '' ? t('passwordMissing') : refused.password}
        >
          {(props) => (
            <PasswordInput
              {...props}
              name="password"
              autoComplete="current-password"
              value={password}
              onChange={(event) => setPassword(event.target.value)}
              className="h-9"
            />
          )}
        </Field>
        <Button type="submit" variant="primary" size="lg" busy={busy}>
          {t('signIn')}
        </Button>
      </form>
      <PasskeyButton onDone={done} />
      {provider && <ProviderButton name={provider} next={next} primary={false} />}
      <p className="border-t pt-4 text-ink-faint text-xs">{t('limits')} </p>
    </AuthFrame>
  )
}
