'use client'
import { useQuery } from '@tanstack/react-query'
import { parseAsString, useQueryStates } from 'nuqs'
import { useTranslations } from 'use-intl'
import { ManagerWarning } from '#components/containers/managed-by.tsx'
import { ApiFailure, api } from '#components/data/api.ts'
import { queryKeys } from '#components/data/query-keys.ts'
import { useFleet, useLoaded } from '#components/data/use-live.ts'
import { PageHeader } from '#components/page/page-header.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { Skeleton } from '#components/ui/skeleton.tsx'
import { emptySpec } from '#lib/containers/spec.ts'
import type { SpecAnswer } from '#lib/contracts/container-create.ts'
import { type Purpose, SpecEditor } from './spec-editor.tsx'

/** A new container: empty, `?from=` like one that is there, or `?recreate=` in its place. Both are hostId/containerId. */
export function CreatePage() {
  const t = useTranslations('create')
  const loaded = useLoaded()
  const [{ from, recreate, image, host }] = useQueryStates({
    from: parseAsString,
    recreate: parseAsString,
    image: parseAsString,
    host: parseAsString,
  })
  const like = recreate ?? from
  const [hostId = '', containerId = ''] = like?.split('/') ?? []
  const container = useFleet((fleet) => fleet.containers.get(`${hostId}/${containerId}`))
  const name = container?.name
  const found = useQuery({
    queryKey: queryKeys.containerSpec(hostId, containerId),
    queryFn: ({ signal }) =>
      api.get('/api/hosts/:hostId/containers/:containerId/spec', { params: { hostId, containerId }, signal }),
    enabled: like !== null,
    // What one has begun to change is not to be put back by a refetch.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    retry: (count, error) => !(error instanceof ApiFailure) && count < 2,
  })
  const purpose: Purpose = recreate
    ? { kind: 'recreate', hostId, containerId }
    : { kind: 'create', hostIds: like ? [hostId] : host ? [host] : [] }
  const title = recreate
    ? t('titleRecreate', { name: name ?? '' })
    : from
      ? t('titleDuplicate', { name: name ?? '' })
      : t('title')
  return (
    <div className="overflow-y-auto">
      <PageHeader title={title} />
      {recreate && container && (
        <div className="px-4 pb-3 md:px-5">
          <ManagerWarning container={container} act="recreate" />
        </div>
      )}
      {found.error ? (
        <div className="px-4 md:px-5">
          <ErrorNote error={found.error} onRetry={() => void found.refetch()} />
        </div>
      ) : !loaded || (like !== null && !found.data) ? (
        <div className="flex flex-col gap-3 px-4 md:px-5">
          <Skeleton className="h-64" />
          <Skeleton className="h-32" />
        </div>
      ) : (
        <SpecEditor
          key={like ?? ''}
          purpose={purpose}
          initial={specFor(found.data, recreate !== null) ?? emptySpec(image ?? '')}
          kept={found.data?.kept ?? []}
          lost={found.data?.lost ?? []}
          dependents={found.data?.dependents ?? []}
        />
      )}
    </div>
  )
}

/** A second one beside the first needs another name. */
function specFor(found: SpecAnswer | undefined, inPlace: boolean): SpecAnswer['spec'] | undefined {
  if (!found || inPlace || !found.spec.name) return found?.spec
  return { ...found.spec, name: `${found.spec.name}-copy` }
}
