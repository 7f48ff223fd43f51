'use client'
import { CircleAlert, RotateCw } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { Button } from './button.tsx'
import { cn } from './cn.ts'
import { useErrorText } from './error-text.ts'

/**
 * A failure where it happened: what went wrong, what to do next, and the engine's own words behind "Details", as text.
 * Takes whatever was thrown, or the error part of an object (a host's `error`).
 */
export function ErrorNote({
  error,
  onRetry,
  title,
  className,
}: {
  error: unknown
  onRetry?(): void
  /** What was being done, when the place does not say it. */
  title?: string
  className?: string
}) {
  const t = useTranslations('common')
  const { code, sentence, remedy, detail, requestId: request } = useErrorText()(error)
  // Only where somebody must look into the log: elsewhere it would be noise under a plain refusal.
  const requestId = detail || code === 'internal' ? request : null
  return (
    <div
      role="alert"
      className={cn(
        'flex items-start gap-2.5 rounded-md border border-danger/40 bg-danger-soft px-3 py-2.5',
        className,
      )}
    >
      <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-danger" />
      <div className="min-w-0 flex-1">
        {title && <p className="font-medium text-ink">{title}</p>}
        <p className={cn('break-words text-ink', !title && 'font-medium')}>{sentence}</p>
        {remedy && <p className="mt-0.5 break-words text-ink-muted">{remedy}</p>}
        {(detail || requestId) && (
          <details className="mt-1.5 text-xs">
            <summary className="w-fit cursor-pointer text-ink-muted hover:text-ink">{t('details')}</summary>
            {detail && (
              <pre className="mt-1.5 max-h-64 overflow-y-auto whitespace-pre-wrap break-words rounded-md border bg-bg px-3 py-2">
                {detail}
              </pre>
            )}
            {requestId && <p className="mt-1.5 text-ink-faint">{t('requestId', { id: requestId })}</p>}
          </details>
        )}
      </div>
      {onRetry && (
        <Button inPreview size="sm" onClick={onRetry}>
          <RotateCw aria-hidden /> {t('retry')}
        </Button>
      )}
    </div>
  )
}
