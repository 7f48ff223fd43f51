'use client'
import { useQuery } from '@tanstack/react-query'
import { Download, X } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { ApiFailure, api, apiUrl } from '#components/data/api.ts'
import { queryKeys } from '#components/data/query-keys.ts'
import { Button } from '#components/ui/button.tsx'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { IconButton } from '#components/ui/icon-button.tsx'
import { Skeleton } from '#components/ui/skeleton.tsx'
import { useFormat } from '#components/ui/use-format.ts'
import { printableName } from '#lib/byte-name.ts'
import type { FilePreview as Preview } from '#lib/contracts/files.ts'
import { type ContainerRef, containerKey } from './use-folder.ts'

/** Where a file's bytes are downloaded from. */
export const contentUrl = (container: ContainerRef, path: string) =>
  apiUrl('GET /api/hosts/:hostId/containers/:containerId/files/content', {
    params: container,
    query: { path },
  })

/** @param revision changes when the file may have changed */
export const previewQuery = (container: ContainerRef, path: string, revision: number) => ({
  queryKey: queryKeys.filePreview(containerKey(container), path, revision),
  queryFn: ({ signal }: { signal: AbortSignal }) =>
    api.get('/api/hosts/:hostId/containers/:containerId/files/preview', {
      params: container,
      query: { path },
      signal,
    }),
  // Long enough to be looked at where it leads before it is shown.
  staleTime: 2000,
  retry: (count: number, error: Error) => !(error instanceof ApiFailure) && count < 2,
})

/** The beginning of a text, an image, or what there is to say of anything else. */
export function FilePreview({
  container,
  path,
  revision,
  onOpenFolder,
  onClose,
}: {
  container: ContainerRef
  path: string
  revision: number
  onOpenFolder(): void
  onClose(): void
}) {
  const t = useTranslations('files')
  const format = useFormat()
  const query = useQuery({
    ...previewQuery(container, path, revision),
    // What was shown stays until what is new is there.
    placeholderData: (before: Preview | undefined) => before,
  })
  const url = contentUrl(container, path)
  const preview = query.data
  return (
    <section aria-label={t('preview')} className="fill min-h-40 rounded-md border">
      <header className="flex shrink-0 items-center gap-2 border-b px-2 py-1">
        <span className="min-w-0 flex-1 truncate font-mono text-xs" title={printableName(path)}>
          {printableName(path.slice(path.lastIndexOf('/') + 1))}
        </span>
        {preview && preview.kind !== 'directory' && (
          <>
            <span className="shrink-0 text-ink-faint text-xs">{format.bytes(preview.size)}</span>
            <Button asChild size="sm">
              <a href={url} download>
                <Download aria-hidden /> {t('download')}
              </a>
            </Button>
          </>
        )}
        <IconButton label={t('close')} icon={<X />} onClick={onClose} />
      </header>
      {query.error ? (
        <div className="p-3">
          <ErrorNote error={query.error} onRetry={() => void query.refetch()} />
        </div>
      ) : !preview ? (
        <Skeleton className="m-3 h-4 w-48" />
      ) : preview.kind === 'text' ? (
        <>
          {preview.truncated && <p className="shrink-0 px-2 py-1 text-caution text-xs">{t('truncated')}</p>}
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and has to be reached by the keyboard */}
          {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- see above */}
          <pre tabIndex={0} className="fill overflow-auto p-2 font-mono text-xs leading-5">
            {preview.text}
          </pre>
        </>
      ) : preview.kind === 'image' ? (
        <div className="fill items-center justify-center overflow-auto bg-press p-2">
          {/* An address of its own each time: browsers keep a picture of the page whatever its headers say. */}
          {/* oxlint-disable-next-line nextjs/no-img-element -- a file of a container is nothing to optimise */}
          <img
            src={`${url}&shown=${query.dataUpdatedAt}`}
            alt={printableName(path)}
            className="max-h-full max-w-full object-contain"
          />
        </div>
      ) : preview.kind === 'directory' ? (
        <p className="flex items-center gap-2 p-3 text-ink-muted">
          {t('isFolder')}
          <Button size="sm" onClick={onOpenFolder}>
            {t('openFolder')}
          </Button>
        </p>
      ) : (
        <p className="p-3 text-ink-muted">{preview.size === 0 ? t('nothingIn') : t('binary')}</p>
      )}
    </section>
  )
}
