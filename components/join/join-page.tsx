'use client'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState, useSyncExternalStore } from 'react'
import { useTranslations } from 'use-intl'
import { NewPassword } from '#components/credentials/new-password.tsx'
import { minimumPasswordLength } from '#components/credentials/password-strength.ts'
import { api, basePath, fieldErrors } from '#components/data/api.ts'
import { queryKeys } from '#components/data/query-keys.ts'
import { AuthFrame } from '#components/login/auth-frame.tsx'
import { Button } from '#components/ui/button.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { Skeleton } from '#components/ui/skeleton.tsx'
import type { LinkPurpose } from '#lib/contracts/users.ts'

/** The token stands in the fragment, which no server sees; null while the server renders. */
function useFragment(): string | null {
  return useSyncExternalStore(
    (changed) => {
      window.addEventListener('hashchange', changed)
      return () => window.removeEventListener('hashchange', changed)
    },
    () => window.location.hash.slice(1),
    () => null,
  )
}

/** Where an invitation or a reset by link leads: who holds it chooses the password. */
export function JoinPage() {
  const t = useTranslations('users.join')
  const roles = useTranslations('account.roles')
  const token = useFragment()
  const look = useQuery({
    queryKey: queryKeys.join(token),
    queryFn: ({ signal }) => api.post('/api/join/look', { body: { token: token ?? '' }, signal }),
    enabled: !!token,
    retry: false,
    // A used link would answer with a refusal under the form that has just used it.
    refetchOnWindowFocus: false,
    staleTime: Number.POSITIVE_INFINITY,
  })
  const { data } = look
  const signIn = (
    <a href={`${typeof document === 'undefined' ? '' : basePath()}/login`} className="text-accent underline">
      {t('toSignIn')}
    </a>
  )
  if (token === '' || look.error) {
    return (
      <AuthFrame title={t('joinTitle')}>
        {token === '' ? <p className="text-ink-muted">{t('missing')}</p> : <ErrorNote error={look.error} />}
        <p>{signIn}</p>
      </AuthFrame>
    )
  }
  if (!data || token === null) {
    return (
      <AuthFrame title={t('joinTitle')}>
        <div aria-busy className="flex flex-col gap-4">
          <Skeleton className="h-9 w-full" />
        </div>
      </AuthFrame>
    )
  }
  const { purpose, email, role } = data
  const intro =
    purpose === 'join' ? t('joinIntro', { role: roles(role ?? 'none'), email }) : t('resetIntro', { email })
  return (
    <AuthFrame title={t(purpose === 'join' ? 'joinTitle' : 'resetTitle')} intro={intro}>
      <PasswordForm token={token} person={data} />
    </AuthFrame>
  )
}

function PasswordForm({ token, person }: { token: string; person: LinkPurpose }) {
  const t = useTranslations('users.join')
  const account = useTranslations('account')
  const [password, setPassword] = useState('')
  const [tried, setTried] = useState(false)
  const join = useMutation({
    mutationFn: () => api.post('/api/join', { body: { token, password } }),
    // A full load: it leaves the link's address, and whatever another person's session had in memory.
    // Where a second factor is due, the sign-in page knows what this browser has begun.
    onSuccess: (answer) => window.location.replace(`${basePath()}${'secondStep' in answer ? '/login' : '/'}`),
  })
  const refused = fieldErrors(join.error)
  const missing = minimumPasswordLength - password.length
  const busy = join.isPending || join.isSuccess
  return (
    <form
      noValidate
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        setTried(true)
        if (missing <= 0 && !busy) join.mutate()
      }}
    >
      {/* Password managers store the password under this name. */}
      <input type="email" autoComplete="username" value={person.email} readOnly hidden />
      <NewPassword
        label={t('password')}
        value={password}
        onChange={setPassword}
        known={[person.name, person.email]}
        error={
          (tried && missing > 0 ? account('passwordShort', { missing }) : null) ?? refused.password ?? null
        }
      />
      {join.error && Object.keys(refused).length === 0 && <ErrorNote error={join.error} />}
      <Button type="submit" variant="primary" size="lg" busy={busy}>
        {t(person.purpose)}
      </Button>
    </form>
  )
}
