'use client'
import { useQuery } from '@tanstack/react-query'
import { parseAsStringLiteral, useQueryState } from 'nuqs'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { api } from '#components/data/api.ts'
import { queryKeys } from '#components/data/query-keys.ts'
import { useHost } from '#components/data/use-live.ts'
import { usePermission } from '#components/data/use-session.ts'
import { Age } from '#components/ui/age.tsx'
import { Button } from '#components/ui/button.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { JsonView } from '#components/ui/json-view.tsx'
import { Skeleton } from '#components/ui/skeleton.tsx'
import { Tabs } from '#components/ui/tabs.tsx'
import type { Container, ContainerDetail } from '#lib/contracts/containers.ts'
import { ContainerOverview } from './container-overview.tsx'
import { isStale } from './container-state.tsx'

const tabs = ['overview', 'environment', 'inspect'] as const

/** Everything about one container, in the drawer and on its page alike. The live part never waits for the engine. */
export function ContainerDetailView({ container }: { container: Container }) {
  const t = useTranslations('containers.drawer')
  const host = useHost(container.hostId)
  const [tab, setTab] = useQueryState('tab', parseAsStringLiteral(tabs).withDefault('overview'))
  const [reveal, setReveal] = useState(false)
  const { hostId, id } = container
  const stale = isStale(host)
  const query = useQuery({
    // A change of state changes the document too.
    queryKey: [
      ...queryKeys.container(hostId, id),
      container.state,
      container.health,
      container.startedAt,
      container.name,
      reveal,
    ],
    queryFn: ({ signal }) =>
      api.get<ContainerDetail>(`/api/hosts/${hostId}/containers/${id}`, { query: { reveal }, signal }),
    placeholderData: (before) => before,
    enabled: !stale,
  })
  const inspect = query.data?.inspect
  const waiting =
    query.isPending && !stale ? (
      <Loading />
    ) : query.error ? (
      <ErrorNote error={query.error} onRetry={() => void query.refetch()} />
    ) : null
  return (
    <>
      {stale && host && (
        <p className="hatched shrink-0 border-b px-4 py-2 text-ink-muted">
          {t.rich('unreachable', {
            host: host.name,
            state: host.state,
            age: () => <Age at={host.syncedAt} />,
          })}
        </p>
      )}
      <Tabs
        label={t('tabsLabel')}
        value={tab}
        onValueChange={(next) => void setTab(next)}
        tabs={[
          {
            value: 'overview',
            label: t('tabs.overview'),
            content: (
              <Scrolling>
                <ContainerOverview container={container} host={host} inspect={inspect} />
                {waiting}
              </Scrolling>
            ),
          },
          {
            value: 'environment',
            label: t('tabs.environment'),
            content: (
              <Scrolling>
                {waiting ?? (
                  <Environment inspect={inspect} revealed={reveal} onReveal={() => setReveal(true)} />
                )}
              </Scrolling>
            ),
          },
          {
            value: 'inspect',
            label: t('tabs.inspect'),
            content: (
              <Scrolling>
                {waiting ?? (inspect && <JsonView value={inspect} searchLabel={t('search')} />)}
              </Scrolling>
            ),
          },
        ]}
      />
    </>
  )
}

function Scrolling({ children }: { children: React.ReactNode }) {
  return <div className="fill gap-4 overflow-y-auto p-4">{children}</div>
}

function Loading() {
  return (
    <div className="flex flex-col gap-3">
      {[40, 64, 52, 36].map((width) => (
        <Skeleton key={width} className={width > 50 ? 'w-64' : 'w-40'} />
      ))}
    </div>
  )
}

/** Names at once, values when asked for: a screen is often shared. */
function Environment({
  inspect,
  revealed,
  onReveal,
}: {
  inspect: Record<string, unknown> | undefined
  revealed: boolean
  onReveal(): void
}) {
  const t = useTranslations('containers.drawer')
  const may = usePermission('containers.reveal')
  const entries = ((inspect?.Config as { Env?: string[] | null } | undefined)?.Env ?? []).map((entry) => {
    const at = entry.indexOf('=')
    return { name: entry.slice(0, at < 0 ? undefined : at), value: at < 0 ? '' : entry.slice(at + 1) }
  })
  if (entries.length === 0) return <p className="text-ink-muted">{t('noEnvironment')}</p>
  return (
    <>
      {!revealed && (
        <div className="flex items-center justify-between gap-3 rounded-md border px-3 py-2">
          <span className="text-ink-muted">{t('environmentHidden')}</span>
          {may && (
            <Button size="sm" onClick={onReveal}>
              {t('reveal')}
            </Button>
          )}
        </div>
      )}
      <dl className="flex flex-col">
        {entries.map(({ name, value }) => (
          <div key={name} className="grid grid-cols-[minmax(120px,2fr)_3fr] gap-3 border-b py-1.5">
            <dt className="break-all font-mono text-xs">{name}</dt>
            <dd className="break-all font-mono text-ink-muted text-xs">{revealed ? value : '••••••••'}</dd>
          </div>
        ))}
      </dl>
    </>
  )
}
