'use client'
import { Filter, X } from 'lucide-react'
import { type RefObject, useId } from 'react'
import { useTranslations } from 'use-intl'
import { IconButton } from '#components/ui/icon-button.tsx'
import { Input } from '#components/ui/input.tsx'
import { Select } from '#components/ui/select.tsx'
import { logFilterModes, logLevels } from '#lib/logs/filter.ts'
import type { LogView, SetLogView } from './log-options.ts'
import type { ScreenState } from './screen-state.ts'

/** Which lines are kept: text or an expression, and from which level up; with how many are. */
export function LogKeep({
  view,
  setView,
  input,
  problem,
  state: { kept, tooSlow },
}: {
  view: LogView
  setView: SetLogView
  input: RefObject<HTMLInputElement | null>
  /** Why the expression is none. */
  problem: string | null
  state: ScreenState
}) {
  const t = useTranslations('logs')
  const id = useId()
  const { keep, mode, level, solo, mute } = view
  const isSet = keep !== '' || level !== null || solo.length > 0 || mute.length > 0
  const wrong = problem === null ? (tooSlow ? t('keep.tooSlow') : null) : t('keep.wrong', { reason: problem })
  return (
    <search className="flex shrink-0 flex-wrap items-center gap-1.5 px-4 pb-1.5 md:px-5">
      <Filter aria-hidden className="size-4 shrink-0 text-ink-faint max-md:hidden" />
      <Select
        aria-label={t('keep.mode')}
        className="shrink-0 [&_select]:h-7 [&_select]:text-xs"
        value={mode}
        onValueChange={(next) => setView({ mode: next })}
        options={logFilterModes.map((value) => ({ value, label: t(`keep.${value}`) }))}
      />
      <Input
        ref={input}
        type="search"
        className="h-7 min-w-28 flex-1 font-mono text-xs md:max-w-sm"
        aria-label={t('keep.label')}
        placeholder={t('keep.label')}
        aria-invalid={wrong !== null || undefined}
        aria-describedby={wrong === null ? undefined : id}
        spellCheck={false}
        value={keep}
        onChange={(event) => setView({ keep: event.target.value || null })}
        onKeyDown={(event) => event.key === 'Escape' && input.current?.blur()}
      />
      <Select
        aria-label={t('keep.level')}
        className="shrink-0 [&_select]:h-7 [&_select]:text-xs"
        value={level ?? ''}
        onValueChange={(next) => setView({ level: next || null })}
        options={[
          { value: '', label: t('keep.anyLevel') },
          ...logLevels.map((value) => ({ value, label: t(`keep.least.${value}`) })),
        ]}
      />
      <span aria-live="polite" className="whitespace-nowrap text-ink-muted text-xs tabular-nums">
        {kept && t('keep.count', kept)}
      </span>
      {isSet && (
        <IconButton
          inPreview
          size="sm"
          label={t('keep.clear')}
          icon={<X />}
          onClick={() => setView({ keep: null, level: null, mode: null, solo: null, mute: null })}
        />
      )}
      {wrong !== null && (
        <span id={id} role="alert" className="basis-full text-danger text-xs">
          {wrong}
        </span>
      )}
    </search>
  )
}
