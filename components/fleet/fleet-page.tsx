'use client'
import { Server } from 'lucide-react'
import Link from 'next/link'
import { useTranslations } from 'use-intl'
import { AttentionList } from '#components/attention/attention-list.tsx'
import { everything } from '#components/data/scope.ts'
import { useAllHosts, useHosts, useLoaded } from '#components/data/use-live.ts'
import { useScope } from '#components/data/use-scope.ts'
import { usePermission } from '#components/data/use-session.ts'
import { NothingGranted } from '#components/page/nothing-granted.tsx'
import { PageHeader } from '#components/page/page-header.tsx'
import { Button } from '#components/ui/button.tsx'
import { EmptyState } from '#components/ui/empty-state.tsx'
import { FleetHosts } from './fleet-hosts.tsx'
import { FleetSkeleton } from './fleet-skeleton.tsx'
import { TotalsLine } from './totals-line.tsx'

/** Home: how the whole is, what to look at, and the hosts. */
export function FleetPage() {
  const t = useTranslations('fleet')
  const loaded = useLoaded()
  const all = useAllHosts()
  const hosts = useHosts()
  return (
    <>
      <PageHeader title={t('title')} />
      <div className="flex flex-col gap-6 px-4 pb-10 md:px-5">
        {!loaded ? (
          <FleetSkeleton />
        ) : all.length === 0 ? (
          <NoHosts />
        ) : hosts.length === 0 ? (
          <EmptyScope />
        ) : (
          <>
            <TotalsLine />
            <AttentionList />
            <FleetHosts hosts={hosts} />
          </>
        )}
      </div>
    </>
  )
}

function NoHosts() {
  const t = useTranslations('fleet.empty')
  const mayAdd = usePermission('hosts.edit')
  if (!mayAdd) return <NothingGranted />
  return (
    <EmptyState
      icon={<Server />}
      title={t('title')}
      action={
        <>
          <Button asChild variant="primary">
            <Link href="/hosts/add">{t('action')}</Link>
          </Button>
          <Button asChild>
            <Link href="/setup?step=engines">{t('engines')}</Link>
          </Button>
        </>
      }
    >
      {t('text')}
    </EmptyState>
  )
}

function EmptyScope() {
  const t = useTranslations('fleet.empty')
  const { setScope } = useScope()
  return (
    <EmptyState
      icon={<Server />}
      title={t('scopeTitle')}
      action={
        <Button inPreview onClick={() => setScope(everything)}>
          {t('scopeAction')}
        </Button>
      }
    >
      {t('scopeText')}
    </EmptyState>
  )
}
