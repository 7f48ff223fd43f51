'use client'
import { useTranslations } from 'use-intl'
import { Button } from '#components/ui/button.tsx'
import { cn } from '#components/ui/cn.ts'
import { useErrorText } from '#components/ui/error-text.ts'
import { useFormat } from '#components/ui/use-format.ts'
import { joinPath } from './path-bar.tsx'
import { isRunning, type Upload, uploads, useUploads } from './upload-store.ts'
import { containerKey } from './use-folder.ts'

/** Every upload of this page, by container, wherever one is in it. */
export function AllUploads() {
  const all = useUploads()
  const byContainer = Map.groupBy(all, ({ container }) => containerKey(container))
  return [...byContainer].map(([key, list]) => <UploadList key={key} container={key} list={list} isNamed />)
}

/** What is being sent to a container, and how it ended. */
export function UploadList({
  container,
  list,
  isNamed = false,
}: {
  /** Its key. */
  container: string
  list: readonly Upload[]
  /** Say which container, and which folder. */
  isNamed?: boolean
}) {
  const t = useTranslations('files')
  const format = useFormat()
  const errorText = useErrorText()
  if (list.length === 0) return null
  const running = list.some(isRunning)
  const sent = list.reduce((sum, upload) => sum + upload.sent, 0)
  const total = list.reduce((sum, upload) => sum + upload.size, 0)
  return (
    <section aria-label={t('uploads')} className="shrink-0 rounded-md border">
      <header className="flex flex-wrap items-center gap-2 border-b px-2 py-1 text-xs">
        {isNamed && (
          <span className="min-w-0 basis-full truncate font-medium">
            {t('uploadsTo', { container: list[0]?.containerName ?? '' })}
          </span>
        )}
        <span aria-live="polite">
          {t('uploaded', {
            done: list.filter(({ state }) => state === 'done').length,
            count: list.length,
            sent: format.bytes(sent),
            total: format.bytes(total),
          })}
        </span>
        <progress aria-label={t('uploads')} value={sent} max={Math.max(total, 1)} className="h-1 flex-1" />
        {running ? (
          <Button size="sm" onClick={() => uploads.cancel(container)}>
            {t('cancelUploads')}
          </Button>
        ) : (
          <Button size="sm" variant="ghost" onClick={() => uploads.clear(container)}>
            {t('clear')}
          </Button>
        )}
      </header>
      <ul className="max-h-32 overflow-y-auto">
        {list.map((upload) => {
          const problem = upload.error ? errorText(upload.error) : null
          return (
            <li key={upload.id} className="flex flex-wrap items-baseline gap-x-2 px-2 py-0.5 text-xs">
              <span className="min-w-0 flex-1 truncate">
                {isNamed ? joinPath(upload.path, upload.name) : upload.name}
                {!upload.file && '/'}
              </span>
              <span
                className={cn(
                  'ml-auto shrink-0',
                  upload.state === 'done' && 'text-state-running',
                  upload.state === 'failed' && 'text-danger',
                )}
              >
                {upload.state === 'sending'
                  ? format.percent(upload.size === 0 ? 1 : Math.min(1, upload.sent / upload.size))
                  : t(`upload.${upload.state}`)}
              </span>
              {problem && (
                <span className="basis-full text-ink-muted" title={problem.detail ?? undefined}>
                  {[problem.sentence, problem.remedy ?? problem.detail].filter(Boolean).join(' ')}
                </span>
              )}
            </li>
          )
        })}
      </ul>
    </section>
  )
}
