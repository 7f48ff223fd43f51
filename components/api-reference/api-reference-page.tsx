'use client'
import { useQuery } from '@tanstack/react-query'
import { Download } from 'lucide-react'
import { useQueryState } from 'nuqs'
import { useMemo } from 'react'
import { useTranslations } from 'use-intl'
import { api, apiUrl } from '#components/data/api.ts'
import { queryKeys } from '#components/data/query-keys.ts'
import { PageHeader } from '#components/page/page-header.tsx'
import { buttonClass } from '#components/ui/button.tsx'
import { EmptyState } from '#components/ui/empty-state.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { ListFilter } from '#components/ui/list-filter.tsx'
import { Spinner } from '#components/ui/spinner.tsx'
import { OperationEntry } from './operation-entry.tsx'
import { isFound, operationsOf } from './operations.ts'
import { schemaText } from './schema-text.ts'

/** Every call of the API, as the server describes it, for who writes a script or another client. */
export function ApiReferencePage() {
  const t = useTranslations('apiReference')
  const [typed, setTyped] = useQueryState('filter', { defaultValue: '' })
  const description = useQuery({
    queryKey: queryKeys.apiDescription(),
    queryFn: ({ signal }) => api.get('/api/openapi.json', { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  })
  const operations = useMemo(
    () => (description.data ? operationsOf(description.data) : []),
    [description.data],
  )
  const found = operations.filter((operation) => isFound(operation, typed.trim()))
  const tags = [...new Set(found.map(({ tag }) => tag))]
  const types = Object.entries(description.data?.components.schemas ?? {})
  return (
    <>
      <PageHeader
        title={t('title')}
        back={{ href: '/account', label: t('back') }}
        count={
          description.data &&
          (typed ? t('countOf', { found: found.length, all: operations.length }) : operations.length)
        }
        actions={
          <a
            className={buttonClass('default', 'sm')}
            href={apiUrl('GET /api/openapi.json')}
            download="roadstead-openapi.json"
          >
            <Download aria-hidden /> <span className="max-sm:sr-only">{t('download')}</span>
          </a>
        }
      />
      <div className="overflow-y-auto">
        <div className="w-full max-w-5xl px-4 pb-12 md:px-5">
          <p className="max-w-prose pb-3 text-ink-muted">{t('hint')}</p>
          <ListFilter label={t('filter')} value={typed} onChange={(value) => void setTyped(value)} />
          {description.error && !description.data && (
            <ErrorNote error={description.error} onRetry={() => void description.refetch()} />
          )}
          {description.isPending && <Spinner className="mx-auto my-12" />}
          {description.data && found.length === 0 && <EmptyState title={t('none', { typed })} />}
          {tags.map((tag) => (
            <section key={tag} aria-labelledby={`calls-${tag}`} className="pt-6">
              <h2 id={`calls-${tag}`} className="pb-2 font-semibold">
                {tag}
              </h2>
              <ul className="rounded-lg border bg-surface">
                {found
                  .filter((operation) => operation.tag === tag)
                  .map((operation) => (
                    <OperationEntry key={operation.id} operation={operation} />
                  ))}
              </ul>
            </section>
          ))}
          {types.length > 0 && !typed && (
            <section aria-labelledby="types" className="pt-6">
              <h2 id="types" className="pb-2 font-semibold">
                {t('types')}
              </h2>
              {types.map(([name, schema]) => (
                <details key={name} className="border-b py-2 last:border-b-0">
                  <summary className="w-fit cursor-pointer font-mono text-xs">{name}</summary>
                  <pre className="mt-2 overflow-x-auto text-xs leading-5">{schemaText(schema)}</pre>
                </details>
              ))}
            </section>
          )}
        </div>
      </div>
    </>
  )
}
