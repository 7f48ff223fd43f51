'use client'
import { useTranslations } from 'use-intl'
import { Age } from '#components/ui/age.tsx'
import { cn } from '#components/ui/cn.ts'
import { useFormat } from '#components/ui/use-format.ts'

/** Of the engine's document, what tells of the health check; all of it optional, since engines differ. */
export interface InspectedHealth {
  Config?: { Healthcheck?: { Test?: string[] | null; Interval?: number; Retries?: number } | null }
  State?: {
    Health?: {
      FailingStreak?: number
      Log?: { Output?: string; ExitCode?: number; End?: string }[] | null
    } | null
  }
}

const shownChecks = 5
/** What engines take where the check says nothing: 30 s and 3 tries (Dockerfile reference, HEALTHCHECK). */
const usual = { intervalMs: 30_000, retries: 3 }
const nanoseconds = 1e6
/** How often an open page asks for the checks: not faster than engines like to be asked, and not so seldom that it looks still. */
const asked = { leastMs: 2000, mostMs: 15_000 }

const intervalOf = (document: InspectedHealth) => {
  const interval = document.Config?.Healthcheck?.Interval
  return interval ? interval / nanoseconds : usual.intervalMs
}

/** How long until the document of a container with a health check is old, in milliseconds; false where it has none. */
export function healthRefetchMs(document: InspectedHealth | undefined): number | false {
  if (!document?.State?.Health) return false
  return Math.min(Math.max(intervalOf(document), asked.leastMs), asked.mostMs)
}

/** The command of a check as one writes it: `CMD-SHELL curl …` is a line for the shell, `CMD` a list of words. */
function commandOf({ Config }: InspectedHealth): string | null {
  const [kind, ...words] = Config?.Healthcheck?.Test ?? []
  return kind === undefined || kind === 'NONE' ? null : words.join(' ')
}

/** The latest checks, newest first, with what is run, how often, and how many failed in a row. */
export function ContainerHealth({ document }: { document: InspectedHealth }) {
  const t = useTranslations('containers.healthCheck')
  const format = useFormat()
  const health = document.State?.Health
  if (!health) return null
  const checks = (health.Log ?? []).slice(-shownChecks).toReversed()
  const command = commandOf(document)
  const streak = health.FailingStreak ?? 0
  const retries = document.Config?.Healthcheck?.Retries || usual.retries
  return (
    <div className="flex flex-col gap-1.5">
      <p className="text-ink-muted">
        {command && <code className="break-all text-ink">{command}</code>}{' '}
        {t('every', { interval: format.latency(intervalOf(document)) })}
        {streak > 0 && (
          <span className="text-state-unhealthy"> {t('streak', { count: streak, retries })}</span>
        )}
      </p>
      {checks.length === 0 && <p className="text-ink-muted">{t('none')}</p>}
      <ul className="flex flex-col gap-1">
        {checks.map((check) => {
          const passed = check.ExitCode === 0
          return (
            <li key={check.End} className="flex gap-3">
              <span className={cn('shrink-0', passed ? 'text-state-running' : 'text-state-unhealthy')}>
                {passed ? t('passed') : t('failed', { code: check.ExitCode ?? 0 })}
              </span>
              <code className="min-w-0 flex-1 whitespace-pre-wrap break-words text-ink-muted">
                {check.Output?.trim().slice(0, 600)}
              </code>
              {check.End && <Age at={check.End} ago className="shrink-0 text-ink-faint" />}
            </li>
          )
        })}
      </ul>
    </div>
  )
}
