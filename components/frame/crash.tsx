'use client'
import { useTranslations } from 'use-intl'
import { Button } from '#components/ui/button.tsx'

/** A page that threw while rendering. Its neighbours and the shell go on. */
export function Crash({ error, onRetry }: { error: Error; onRetry(): void }) {
  const t = useTranslations('common')
  return (
    <section role="alert" className="mx-auto flex w-full max-w-xl flex-col gap-3 p-6 pt-16">
      <h1 className="font-semibold text-lg">{t('crashTitle')}</h1>
      <p className="text-ink-muted">{t('crashText')}</p>
      <pre className="whitespace-pre-wrap break-words rounded-md border bg-surface px-3 py-2 text-xs">
        {error.message}
      </pre>
      <div className="flex gap-2">
        <Button inPreview variant="primary" onClick={onRetry}>
          {t('retry')}
        </Button>
        <Button inPreview onClick={() => window.location.reload()}>
          {t('reload')}
        </Button>
      </div>
    </section>
  )
}
