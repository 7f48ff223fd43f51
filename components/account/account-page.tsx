'use client'
import { useQuery } from '@tanstack/react-query'
import { LogOut } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import type { Factors } from '#lib/contracts/sign-in.ts'
import { api } from '../data/api.ts'
import { queryKeys } from '../data/query-keys.ts'
import { useSession } from '../data/use-session.ts'
import { PageHeader } from '../shell/page-header.tsx'
import { ThemeSwitch } from '../shell/theme-switch.tsx'
import { useSignOut } from '../shell/use-sign-out.ts'
import { Button } from '../ui/button.tsx'
import { ChangePassword } from './change-password.tsx'
import { ProviderLink } from './provider-link.tsx'
import { SecondFactor } from './second-factor.tsx'
import { SessionList } from './session-list.tsx'
import { TokenList } from './token-list.tsx'

/** The signed-in person's own things. */
export function AccountPage() {
  const t = useTranslations('account')
  const { user } = useSession()
  const signOut = useSignOut()
  const factors = useQuery({
    queryKey: queryKeys.factors(),
    queryFn: ({ signal }) => api.get<Factors>('/api/account/factors', { signal }),
  })
  return (
    <>
      <PageHeader
        title={t('title')}
        actions={
          <Button inPreview onClick={signOut}>
            <LogOut aria-hidden /> {t('signOut')}
          </Button>
        }
      />
      <div className="w-full max-w-4xl px-4 pb-12 md:px-5">
        <Section title={t('profile')}>
          <dl className="grid grid-cols-[7rem_minmax(0,1fr)] gap-y-1.5">
            <dt className="text-ink-muted">{t('name')}</dt>
            <dd className="truncate">{user.name}</dd>
            <dt className="text-ink-muted">{t('email')}</dt>
            <dd className="truncate">{user.email}</dd>
            <dt className="text-ink-muted">{t('role')}</dt>
            <dd>{t(`roles.${user.role ?? 'none'}`)}</dd>
          </dl>
        </Section>
        <Section title={t('appearance')} hint={t('appearanceHint')}>
          <ThemeSwitch />
        </Section>
        {/* Whoever comes by the identity provider has none. */}
        {factors.data?.proofs.includes('password') && (
          <Section title={t('passwordTitle')}>
            <ChangePassword />
          </Section>
        )}
        <Section id="second-factor" title={t('factors.title')} hint={t('factors.hint')}>
          <SecondFactor />
        </Section>
        {factors.data?.provider && (
          <Section id="provider" title={t('provider.title')} hint={t('provider.hint')}>
            <ProviderLink {...factors.data.provider} />
          </Section>
        )}
        <Section title={t('sessions')} hint={t('sessionsHint')}>
          <SessionList />
        </Section>
        <Section title={t('tokens')} hint={t('tokensHint')}>
          <TokenList />
        </Section>
      </div>
    </>
  )
}

function Section(props: { id?: string; title: string; hint?: string; children: ReactNode }) {
  const { id, title, hint, children } = props
  return (
    <section
      id={id}
      className="grid gap-x-8 gap-y-3 border-t py-6 first:border-t-0 md:grid-cols-[14rem_minmax(0,1fr)]"
    >
      <div>
        <h2 className="font-semibold">{title}</h2>
        {hint && <p className="mt-0.5 text-ink-faint text-xs">{hint}</p>}
      </div>
      <div className="min-w-0">{children}</div>
    </section>
  )
}
