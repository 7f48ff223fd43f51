'use client'
import { useTranslations } from 'use-intl'
import { Field } from '#components/ui/field.tsx'
import { Input } from '#components/ui/input.tsx'
import { Segmented } from '#components/ui/segmented.tsx'
import { quoteShellWord, splitShellWords } from '#lib/shell-words.ts'
import { useSpecForm } from './form-context.tsx'
import { PairRows } from './pair-rows.tsx'
import { duration, ParsedField, whole } from './parsed-field.tsx'
import { Section } from './section.tsx'

type Mode = 'image' | 'none' | 'shell' | 'exec'
const modes: readonly Mode[] = ['image', 'none', 'shell', 'exec']
const words: Record<Exclude<Mode, 'image'>, string> = { none: 'NONE', shell: 'CMD-SHELL', exec: 'CMD' }
const noTimes = { interval: 0, timeout: 0, startPeriod: 0, retries: 0 }

/** How the engine tells whether it is well. */
export function HealthSection() {
  const t = useTranslations('create')
  const { spec, set } = useSpecForm()
  const { health } = spec
  const mode = modes.find((known) => known !== 'image' && words[known] === health?.test[0]) ?? 'image'
  const [, ...rest] = health?.test ?? []
  const command = mode === 'exec' ? rest.map(quoteShellWord).join(' ') : rest.join(' ')
  const put = (next: Mode, text: string) => {
    if (next === 'image') return set({ health: undefined })
    const parts = next === 'none' ? [] : next === 'exec' ? splitShellWords(text).words : [text]
    set({ health: { ...noTimes, ...health, test: [words[next], ...parts] } })
  }
  const time = (field: 'interval' | 'timeout' | 'startPeriod') =>
    health && (
      <ParsedField
        path={`health.${field}`}
        label={t(`health.${field}`)}
        value={health[field] || undefined}
        notation={duration}
        onChange={(seconds) => set({ health: { ...health, [field]: seconds ?? 0 } })}
      />
    )
  return (
    <Section title={t('section.health')} summary={t(`health.mode.${mode}`)}>
      <Segmented<Mode>
        label={t('section.health')}
        value={mode}
        onValueChange={(next) => put(next, command)}
        options={modes.map((value) => ({ value, label: t(`health.mode.${value}`) }))}
      />
      {health && mode !== 'none' && (
        <>
          <Field label={t('health.command')}>
            {(props) => (
              <Input
                {...props}
                key={mode}
                defaultValue={command}
                placeholder="curl -fsS http://localhost/health"
                spellCheck={false}
                onChange={(event) => put(mode, event.target.value)}
              />
            )}
          </Field>
          <div className="grid gap-3 sm:grid-cols-4">
            {time('interval')}
            {time('timeout')}
            {time('startPeriod')}
            <ParsedField
              path="health.retries"
              label={t('health.retries')}
              value={health.retries || undefined}
              notation={whole}
              placeholder="3"
              onChange={(retries) => set({ health: { ...health, retries: retries ?? 0 } })}
            />
          </div>
        </>
      )}
    </Section>
  )
}

/** Where its output goes. */
export function LogSection() {
  const t = useTranslations('create')
  const { spec, set } = useSpecForm()
  const { log } = spec
  return (
    <Section title={t('section.log')} summary={log?.driver ?? t('engineDefault')}>
      <Field label={t('field.logDriver')} hint={t('logHint')}>
        {(props) => (
          <Input
            {...props}
            value={log?.driver ?? ''}
            placeholder="json-file"
            onChange={(event) => {
              const driver = event.target.value.trim()
              set({ log: driver === '' ? undefined : { options: [], ...log, driver } })
            }}
          />
        )}
      </Field>
      {log && (
        <PairRows
          path="log.options"
          label={t('field.logOptions')}
          rows={log.options}
          addLabel={t('add.logOptions')}
          onChange={(options) => set({ log: { ...log, options } })}
        />
      )}
    </Section>
  )
}
