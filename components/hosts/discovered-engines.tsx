'use client'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useTranslations } from 'use-intl'
import { api } from '#components/data/api.ts'
import { queryKeys } from '#components/data/query-keys.ts'
import { Button } from '#components/ui/button.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { useErrorText } from '#components/ui/error-text.ts'
import { Skeleton } from '#components/ui/skeleton.tsx'
import { toast } from '#components/ui/toast.tsx'
import type { DiscoveredEngine } from '#lib/contracts/hosts.ts'

/** Engines that the server found on its own machine, each to be added by one click. */
export function DiscoveredEngines() {
  const t = useTranslations('hosts')
  const client = useQueryClient()
  const errorText = useErrorText()
  const query = useQuery({
    queryKey: queryKeys.discoveredHosts(),
    queryFn: ({ signal }) => api.get('/api/hosts/discovered', { signal }),
  })
  const add = async (engine: DiscoveredEngine) => {
    try {
      const host = await api.post('/api/hosts/discovered/:key', {
        params: { key: engine.key },
        body: { tags: [] },
      })
      toast.success(t('done.added', { name: host.name }))
      await client.invalidateQueries({ queryKey: queryKeys.discoveredHosts() })
    } catch (error) {
      const { sentence, remedy } = errorText(error)
      toast.error(sentence, { description: remedy ?? undefined })
    }
  }
  if (query.error) return <ErrorNote error={query.error} onRetry={() => void query.refetch()} />
  if (!query.data) return <Skeleton className="h-9 w-full" />
  if (query.data.length === 0) return <p className="text-ink-muted">{t('form.discoveredNone')}</p>
  return (
    <section aria-label={t('form.discovered')}>
      <h2 className="mb-1.5 font-medium">{t('form.discovered')}</h2>
      <ul className="rounded-md border bg-surface">
        {query.data.map((engine) => (
          <li key={engine.key} className="flex items-center gap-3 border-b px-3 py-2 last:border-b-0">
            <span className="min-w-0 flex-1">
              <span className="block truncate font-medium">{engine.name}</span>
              <span className="block truncate text-ink-muted text-xs">
                {engine.engine
                  ? `${engine.engine.flavour === 'podman' ? 'Podman' : 'Docker'} ${engine.engine.version} · ${engine.address}`
                  : `${engine.address}: ${engine.error ? errorText(engine.error).sentence : ''}`}
              </span>
            </span>
            {engine.registeredAs ? (
              <span className="text-ink-faint">{t('form.discoveredAdded')}</span>
            ) : (
              <Button size="sm" disabled={!engine.reachable} onClick={() => void add(engine)}>
                {t('form.discoveredAdd')}
              </Button>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}
