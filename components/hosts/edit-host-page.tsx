'use client'
import { useTranslations } from 'use-intl'
import { useHost, useLoaded } from '#components/data/use-live.ts'
import { EmptyState } from '#components/ui/empty-state.tsx'
import { Skeleton } from '#components/ui/skeleton.tsx'
import { HostFormPage } from './host-form.tsx'

/** The form over a stored host, once it is known. */
export function EditHostPage({ hostId }: { hostId: string }) {
  const t = useTranslations('errors')
  const loaded = useLoaded()
  const host = useHost(hostId)
  if (!loaded) return <Skeleton className="m-5 h-6 w-48" />
  if (!host) return <EmptyState title={t('host_not_found')}>{t('host_not_found_remedy')}</EmptyState>
  return <HostFormPage key={host.id} host={host} />
}
