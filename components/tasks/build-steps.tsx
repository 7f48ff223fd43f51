'use client'
import { useTranslations } from 'use-intl'
import { StateMark, type StateTone } from '#components/ui/state-mark.tsx'
import { useFormat } from '#components/ui/use-format.ts'
import type { BuildStep } from '#lib/contracts/image-build.ts'

const tones: Record<BuildStep['state'], StateTone> = {
  running: 'busy',
  cached: 'exited',
  done: 'running',
  failed: 'unhealthy',
}

/** Steps of a builder in the order in which they began, with the time that each took. */
export function BuildSteps({ steps }: { steps: readonly BuildStep[] }) {
  const t = useTranslations('builds')
  const format = useFormat()
  if (steps.length === 0) return null
  return (
    <section
      aria-label={t('steps')}
      // Keyboards scroll it too.
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- see above
      tabIndex={0}
      className="max-h-[24vh] shrink-0 overflow-y-auto rounded-md border"
    >
      <ol>
        {steps.map(({ number, name, state, ms }) => (
          <li key={number} className="flex items-center gap-2 border-b px-2 py-1 text-xs last:border-b-0">
            <span className="w-6 shrink-0 text-right text-ink-faint tabular-nums">{number}</span>
            <StateMark tone={tones[state]} label={t(`stepState.${state}`)} quiet />
            <span className="min-w-0 flex-1 truncate font-mono" title={name}>
              {name}
            </span>
            <span className="shrink-0 text-ink-muted tabular-nums">
              {state === 'cached' ? t('stepState.cached') : ms === null ? '' : format.latency(ms)}
            </span>
          </li>
        ))}
      </ol>
    </section>
  )
}
