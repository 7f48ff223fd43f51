'use client'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Download } from 'lucide-react'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { ApiFailure, api } from '#components/data/api.ts'
import { queryKeys } from '#components/data/query-keys.ts'
import { usePermission } from '#components/data/use-session.ts'
import { Fact, Facts, Identifier } from '#components/details/facts.tsx'
import { PullDialog } from '#components/images/transfer-dialogs.tsx'
import { Button } from '#components/ui/button.tsx'
import { CopyButton } from '#components/ui/copy-button.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { Input } from '#components/ui/input.tsx'
import { Skeleton } from '#components/ui/skeleton.tsx'
import { useFormat } from '#components/ui/use-format.ts'
import type { NamePage, Registry } from '#lib/contracts/registries.ts'

/** Repositories, tags of the chosen one, and what the chosen tag holds. Nothing is pulled to look. */
export function RegistryBrowser({
  registry,
  repository,
  tag,
  onRepository,
  onTag,
}: {
  registry: Registry
  repository: string | null
  tag: string | null
  onRepository(repository: string): void
  onTag(tag: string): void
}) {
  const t = useTranslations('registries')
  const [typed, setTyped] = useState('')
  const params = { registryId: registry.id }
  return (
    <div className="grid min-h-0 gap-4 md:grid-cols-2 lg:overflow-y-auto">
      <div className="flex min-h-0 flex-col gap-2">
        {/* Docker Hub and others give no catalogue: a repository can be named. */}
        <form
          className="flex gap-2"
          onSubmit={(event) => {
            event.preventDefault()
            if (typed.trim() !== '') onRepository(typed.trim())
          }}
        >
          <Input
            aria-label={t('repositoryName')}
            placeholder={t('repositoryName')}
            value={typed}
            spellCheck={false}
            onChange={(event) => setTyped(event.target.value)}
          />
          <Button inPreview type="submit">
            {t('look')}
          </Button>
        </form>
        <Names
          label={t('repositories')}
          queryKey={queryKeys.repositories(registry.id)}
          page={(place) => api.get('/api/registries/:registryId/repositories', { params, ...place })}
          chosen={repository}
          onChoose={onRepository}
        />
      </div>
      <div className="flex min-h-0 flex-col gap-4">
        {repository && (
          <Names
            key={repository}
            label={t('tags', { repository })}
            queryKey={queryKeys.tags(registry.id, repository)}
            page={({ query, signal }) =>
              api.get('/api/registries/:registryId/tags', { params, query: { ...query, repository }, signal })
            }
            chosen={tag}
            onChoose={onTag}
          />
        )}
        {repository && tag && (
          <Manifest key={`${repository}:${tag}`} registry={registry} repository={repository} tag={tag} />
        )}
      </div>
    </div>
  )
}

function Names({
  label,
  queryKey,
  page,
  chosen,
  onChoose,
}: {
  label: string
  queryKey: readonly unknown[]
  page(place: { query: { n: number; last: string | null }; signal: AbortSignal }): Promise<NamePage>
  chosen: string | null
  onChoose(name: string): void
}) {
  const t = useTranslations('registries')
  const query = useInfiniteQuery({
    queryKey,
    queryFn: ({ pageParam, signal }) => page({ query: { n: 100, last: pageParam }, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
    retry: (count, error) => !(error instanceof ApiFailure) && count < 2,
  })
  const names = query.data?.pages.flatMap(({ items }) => items) ?? []
  return (
    <section aria-label={label} className="flex min-h-0 flex-col">
      <h2 className="mb-1 truncate font-medium text-ink-muted text-xs">{label}</h2>
      {query.error && <ErrorNote error={query.error} onRetry={() => void query.refetch()} />}
      {query.isPending && <Skeleton className="h-5 w-48" />}
      {query.data && names.length === 0 && <p className="text-ink-muted">{t('nothing')}</p>}
      {names.length > 0 && (
        <ul className="max-h-80 overflow-y-auto rounded-md border">
          {names.map((name) => (
            <li key={name}>
              <button
                type="button"
                aria-current={name === chosen}
                className="w-full truncate px-2.5 py-1 text-left font-mono text-xs hover:bg-hover aria-[current=true]:bg-accent-soft"
                onClick={() => onChoose(name)}
              >
                {name}
              </button>
            </li>
          ))}
        </ul>
      )}
      {query.hasNextPage && (
        <div className="mt-2">
          <Button
            inPreview
            size="sm"
            busy={query.isFetchingNextPage}
            onClick={() => void query.fetchNextPage()}
          >
            {t('more')}
          </Button>
        </div>
      )}
    </section>
  )
}

function Manifest({ registry, repository, tag }: { registry: Registry; repository: string; tag: string }) {
  const t = useTranslations('registries')
  const format = useFormat()
  const mayPull = usePermission('images.pull')
  const [pulling, setPulling] = useState(false)
  const query = useQuery({
    queryKey: queryKeys.manifest(registry.id, repository, tag),
    queryFn: ({ signal }) =>
      api.get('/api/registries/:registryId/manifest', {
        params: { registryId: registry.id },
        query: { repository, reference: tag },
        signal,
      }),
    retry: (count, error) => !(error instanceof ApiFailure) && count < 2,
  })
  const reference = `${registry.address}/${repository}:${tag}`
  if (query.error) return <ErrorNote error={query.error} onRetry={() => void query.refetch()} />
  if (!query.data) return <Skeleton className="h-24" />
  return (
    <section aria-label={reference} className="flex flex-col gap-2">
      <h2 className="flex items-center gap-1 break-all font-mono text-xs">
        {reference} <CopyButton text={reference} />
      </h2>
      <Facts>
        <Fact label={t('digest')}>
          <Identifier text={query.data.digest} />
        </Fact>
        {query.data.images.map((image) => (
          <Fact key={`${image.digest} ${image.platform}`} label={image.platform ?? t('image')}>
            {[
              image.size === null ? null : format.bytes(image.size),
              image.layers.length > 0 ? t('layers', { count: image.layers.length }) : null,
              image.digest.slice(0, 19),
            ]
              .filter(Boolean)
              .join(', ')}
          </Fact>
        ))}
      </Facts>
      {mayPull && (
        <div>
          <Button size="sm" onClick={() => setPulling(true)}>
            <Download aria-hidden /> {t('pull')}
          </Button>
        </div>
      )}
      {pulling && <PullDialog reference={reference} onClose={() => setPulling(false)} />}
    </section>
  )
}
