'use client'
import { useQueries, useQuery } from '@tanstack/react-query'
import { Search } from 'lucide-react'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { ApiFailure, api } from '#components/data/api.ts'
import { queryKeys } from '#components/data/query-keys.ts'
import { useAllHosts } from '#components/data/use-live.ts'
import { useMay, usePermission } from '#components/data/use-session.ts'
import { Badge } from '#components/ui/badge.tsx'
import { Button } from '#components/ui/button.tsx'
import { useErrorText } from '#components/ui/error-text.ts'
import { Skeleton } from '#components/ui/skeleton.tsx'
import type { ImageMatches } from '#lib/contracts/image-search.ts'

interface Source {
  id: string
  name: string
  ask(term: string, signal: AbortSignal): Promise<ImageMatches>
}

/**
 * Looks for a name in the stored registries and in those that a host's engine searches. Each says for itself what it
 * found or why not; none waits for another.
 */
export function ImageSearch({
  term,
  hostIds,
  onChoose,
}: {
  term: string
  hostIds: ReadonlySet<string>
  onChoose(name: string): void
}) {
  const t = useTranslations('images.search')
  const hosts = useAllHosts()
  const [asked, setAsked] = useState('')
  const registries = useQuery({
    queryKey: queryKeys.registries(),
    queryFn: ({ signal }) => api.get('/api/registries', { signal }),
    enabled: usePermission('registries.view'),
  })
  const may = useMay()
  const online = hosts.filter(({ id, state }) => state === 'online' && may('images.pull', { hostId: id }))
  const host = online.find(({ id }) => hostIds.has(id)) ?? online[0]
  const sources: Source[] = [
    ...(registries.data ?? []).map(({ id, address }) => ({
      id,
      name: address,
      ask: (wanted: string, signal: AbortSignal) =>
        api.get('/api/registries/:registryId/search', {
          params: { registryId: id },
          query: { term: wanted },
          signal,
        }),
    })),
    ...(host
      ? [
          {
            id: host.id,
            name: t('byHost', { host: host.name }),
            ask: (wanted: string, signal: AbortSignal) =>
              api.get('/api/hosts/:hostId/search', {
                params: { hostId: host.id },
                query: { term: wanted },
                signal,
              }),
          },
        ]
      : []),
  ]
  const word = term.trim()
  return (
    <div className="flex flex-col gap-2">
      <div>
        <Button size="sm" disabled={word.length < 2} onClick={() => setAsked(word)}>
          <Search aria-hidden /> {t('search')}
        </Button>
      </div>
      {asked !== '' && <Matches key={asked} term={asked} sources={sources} onChoose={onChoose} />}
    </div>
  )
}

function Matches({
  term,
  sources,
  onChoose,
}: {
  term: string
  sources: readonly Source[]
  onChoose(name: string): void
}) {
  const t = useTranslations('images.search')
  const errorText = useErrorText()
  const answers = useQueries({
    queries: sources.map(({ id, ask }) => ({
      queryKey: queryKeys.imageSearch(id, term),
      queryFn: ({ signal }: { signal: AbortSignal }) => ask(term, signal),
      retry: (count: number, error: Error) => !(error instanceof ApiFailure) && count < 2,
    })),
  })
  return (
    <section
      aria-label={t('results', { term })}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and has to be reached by the keyboard
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- see above
      tabIndex={0}
      className="flex max-h-56 flex-col gap-2 overflow-y-auto rounded-md border p-2"
    >
      {sources.map(({ id, name }, index) => {
        const { data, error, isPending } = answers[index] ?? {}
        const problem = error ? errorText(error) : null
        return (
          <div key={id}>
            <h3 className="font-medium text-ink-muted text-xs">{name}</h3>
            {isPending && <Skeleton className="h-4 w-48" />}
            {problem && (
              <p className="text-ink-muted text-xs">
                {[problem.sentence, problem.remedy, problem.detail].filter(Boolean).join(' ')}
              </p>
            )}
            {data?.matches.length === 0 && <p className="text-ink-muted text-xs">{t('nothing')}</p>}
            <ul>
              {data?.matches.map((match) => (
                <li key={match.name}>
                  <button
                    type="button"
                    className="flex w-full items-baseline gap-2 rounded px-1.5 py-1 text-left hover:bg-hover"
                    onClick={() => onChoose(match.name)}
                  >
                    <code className="shrink-0">{match.name}</code>
                    {match.isOfficial && <Badge>{t('official')}</Badge>}
                    <span className="min-w-0 truncate text-ink-muted text-xs">{match.description}</span>
                    {match.stars !== null && (
                      <span className="ml-auto shrink-0 text-ink-faint text-xs">
                        {t('stars', { count: match.stars })}
                      </span>
                    )}
                  </button>
                </li>
              ))}
            </ul>
            {data && !data.isWhole && <p className="text-ink-faint text-xs">{t('more')}</p>}
          </div>
        )
      })}
    </section>
  )
}
