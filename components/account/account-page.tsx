'use client'
import { useQuery } from '@tanstack/react-query'
import { LogOut } from 'lucide-react'
import Link from 'next/link'
import type { ReactNode } from 'react'
import { useTranslations } from 'use-intl'
import { api } from '#components/data/api.ts'
import { queryKeys } from '#components/data/query-keys.ts'
import { useSession } from '#components/data/use-session.ts'
import { Fact, Facts } from '#components/details/facts.tsx'
import { PageHeader } from '#components/page/page-header.tsx'
import { ThemeSwitch } from '#components/page/theme-switch.tsx'
import { useSignOut } from '#components/page/use-sign-out.ts'
import { Button, buttonClass } from '#components/ui/button.tsx'
import { cn } from '#components/ui/cn.ts'
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
    queryFn: ({ signal }) => api.get('/api/account/factors', { signal }),
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
          <Facts>
            <Fact label={t('name')}>{user.name}</Fact>
            <Fact label={t('email')}>{user.email}</Fact>
            <Fact label={t('role')}>{t(`roles.${user.role ?? 'none'}`)}</Fact>
          </Facts>
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
          <Link href="/api-reference" className={cn(buttonClass('link'), 'mt-3')}>
            {t('apiReference')}
          </Link>
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
