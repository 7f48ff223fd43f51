'use client'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Pencil, Plus, Container as RegistryIcon, Trash2 } from 'lucide-react'
import { parseAsString, useQueryStates } from 'nuqs'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { api } from '#components/data/api.ts'
import { queryKeys } from '#components/data/query-keys.ts'
import { usePermission } from '#components/data/use-session.ts'
import { PageHeader } from '#components/page/page-header.tsx'
import { Badge } from '#components/ui/badge.tsx'
import { Button } from '#components/ui/button.tsx'
import { cn } from '#components/ui/cn.ts'
import { ConfirmDialog } from '#components/ui/confirm-dialog.tsx'
import { EmptyState } from '#components/ui/empty-state.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { IconButton } from '#components/ui/icon-button.tsx'
import type { Registry } from '#lib/contracts/registries.ts'
import { RegistryBrowser } from './registry-browser.tsx'
import { RegistryDialog } from './registry-dialog.tsx'

/** Registries with their accounts, and what is in them. */
export function RegistriesPage() {
  const t = useTranslations('registries')
  const mayEdit = usePermission('registries.edit')
  const client = useQueryClient()
  const query = useQuery({
    queryKey: queryKeys.registries(),
    queryFn: ({ signal }) => api.get('/api/registries', { signal }),
  })
  const [view, setView] = useQueryStates({
    registry: parseAsString,
    repository: parseAsString,
    tag: parseAsString,
  })
  const [editing, setEditing] = useState<Registry | 'new' | null>(null)
  const [removing, setRemoving] = useState<Registry | null>(null)
  const again = () =>
    Promise.all(
      [queryKeys.registries(), queryKeys.updates()].map((queryKey) => client.invalidateQueries({ queryKey })),
    )
  const registries = query.data ?? []
  const opened = registries.find(({ id }) => id === view.registry)
  const add = (
    <Button size="sm" variant="primary" onClick={() => setEditing('new')}>
      <Plus aria-hidden /> {t('add')}
    </Button>
  )
  return (
    <div className="fill">
      <PageHeader title={t('title')} actions={mayEdit && registries.length > 0 && add} />
      {query.error && <ErrorNote error={query.error} onRetry={() => void query.refetch()} />}
      {query.data && registries.length === 0 && (
        <EmptyState icon={<RegistryIcon />} title={t('empty')} action={mayEdit && add}>
          {mayEdit ? t('emptyText') : t('emptyForReaders')}
        </EmptyState>
      )}
      {registries.length > 0 && (
        <div className="grid min-h-0 flex-1 gap-4 overflow-y-auto px-4 pb-6 md:px-5 lg:grid-cols-[minmax(0,22rem)_minmax(0,1fr)] lg:overflow-hidden">
          <ul className="flex flex-col gap-2 lg:overflow-y-auto">
            {registries.map((registry) => (
              <li
                key={registry.id}
                className={cn(
                  'flex items-center gap-1 rounded-lg border bg-surface pr-1',
                  registry.id === opened?.id && 'border-accent',
                )}
              >
                <button
                  type="button"
                  aria-current={registry.id === opened?.id}
                  className="flex min-w-0 flex-1 flex-col px-3 py-2 text-left"
                  onClick={() => void setView({ registry: registry.id, repository: null, tag: null })}
                >
                  <span className="truncate font-medium">{registry.address}</span>
                  <span className="flex items-center gap-2 text-ink-muted text-xs">
                    {registry.username ? t('as', { name: registry.username }) : t('nobody')}
                    {registry.username && (
                      <span>
                        {registry.hosts.some(({ kind }) => kind === 'all')
                          ? t('forAllHosts')
                          : t('forHosts', { count: registry.hosts.length })}
                      </span>
                    )}
                    {registry.scheme === 'http' && (
                      <Badge>{t(registry.insecure ? 'insecure' : 'plain')}</Badge>
                    )}
                  </span>
                </button>
                {mayEdit && (
                  <>
                    <IconButton
                      size="sm"
                      label={`${t('edit')}: ${registry.address}`}
                      icon={<Pencil />}
                      onClick={() => setEditing(registry)}
                    />
                    <IconButton
                      size="sm"
                      label={`${t('remove')}: ${registry.address}`}
                      icon={<Trash2 />}
                      onClick={() => setRemoving(registry)}
                    />
                  </>
                )}
              </li>
            ))}
          </ul>
          {opened ? (
            <RegistryBrowser
              key={opened.id}
              registry={opened}
              repository={view.repository}
              tag={view.tag}
              onRepository={(repository) => void setView({ repository, tag: null })}
              onTag={(tag) => void setView({ tag })}
            />
          ) : (
            <p className="text-ink-muted">{t('choose')}</p>
          )}
        </div>
      )}
      {editing && (
        <RegistryDialog
          registry={editing === 'new' ? null : editing}
          onClose={() => setEditing(null)}
          onSaved={(registry) => {
            setEditing(null)
            void again()
            void setView({ registry: registry.id, repository: null, tag: null })
          }}
        />
      )}
      <ConfirmDialog
        open={removing !== null}
        onOpenChange={(open) => !open && setRemoving(null)}
        title={t('removeTitle', { address: removing?.address ?? '' })}
        description={t('removeText')}
        confirmLabel={t('remove')}
        onConfirm={async () => {
          await api.delete('/api/registries/:registryId', { params: { registryId: removing?.id ?? '' } })
          await again()
        }}
      />
    </div>
  )
}
