'use client'
import { useTranslations } from 'use-intl'
import { useConnection } from '#components/data/use-live.ts'
import { Button } from '#components/ui/button.tsx'
import { cn } from '#components/ui/cn.ts'
import { Popover } from '#components/ui/popover.tsx'
import { StateShape, type StateTone } from '#components/ui/state-mark.tsx'

const tones: Record<ReturnType<typeof useConnection>['state'], StateTone> = {
  connecting: 'busy',
  live: 'running',
  reconnecting: 'busy',
  stale: 'unreachable',
  blocked: 'unreachable',
  refused: 'unhealthy',
}

/** Whether the page is live. Its words say since when it is not; inside, why, and a way to try at once. */
export function ConnectionMark() {
  const t = useTranslations('shell.connection')
  const { state, since, retryNow } = useConnection()
  const time = since
    ? new Date(since).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' })
    : null
  const label = state === 'stale' ? (time ? t('stale', { time }) : t('stale_never')) : t(state)
  const hint = state === 'stale' ? (time ? t('staleHint', { time }) : t('staleNeverHint')) : t(`${state}Hint`)
  return (
    <Popover
      label={label}
      align="end"
      className="w-64 gap-3 p-3"
      trigger={
        <button
          type="button"
          className={cn(
            'inline-flex h-8 items-center gap-1.5 rounded-md px-2 text-xs hover:bg-hover pointer-coarse:h-10',
            state === 'live' ? 'text-ink-muted' : 'text-ink',
          )}
        >
          <StateShape tone={tones[state]} className="size-2.5" />
          <output className={cn(state === 'live' && 'max-md:sr-only')}>{label}</output>
        </button>
      }
    >
      <p className="text-ink-muted">{hint}</p>
      {(state === 'stale' || state === 'reconnecting' || state === 'blocked') && (
        <Button inPreview size="sm" onClick={retryNow} className="self-start">
          {t('retryNow')}
        </Button>
      )}
    </Popover>
  )
}
