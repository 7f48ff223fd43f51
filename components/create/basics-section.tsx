'use client'
import { useId, useMemo } from 'react'
import { useTranslations } from 'use-intl'
import { useFleet } from '#components/data/use-live.ts'
import { usePermission } from '#components/data/use-session.ts'
import { Field } from '#components/ui/field.tsx'
import { Input } from '#components/ui/input.tsx'
import { Select } from '#components/ui/select.tsx'
import { Check } from './check.tsx'
import { useSpecForm } from './form-context.tsx'
import { commandWords, ParsedField } from './parsed-field.tsx'
import { Section } from './section.tsx'

export type Pull = 'missing' | 'always' | 'never'
const pulls: readonly Pull[] = ['missing', 'always', 'never']

/** What runs: the image and where it comes from, the name, the command. */
export function BasicsSection({ pull, onPull }: { pull: Pull; onPull(pull: Pull): void }) {
  const t = useTranslations('create')
  const { spec, set, errorAt } = useSpecForm()
  const mayPull = usePermission('images.pull')
  const images = useFleet((fleet) => fleet.images)
  const listId = useId()
  const references = useMemo(
    () => [...new Set([...images.values()].flatMap((image) => image.tags))].sort().slice(0, 500),
    [images],
  )
  const text = (field: 'name' | 'workdir' | 'user' | 'hostname' | 'platform', placeholder?: string) => (
    <Field label={t(`field.${field}`)} hint={hintOf(field)} error={errorAt(field)}>
      {(props) => (
        <Input
          {...props}
          value={spec[field] ?? ''}
          placeholder={placeholder}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => set({ [field]: event.target.value || undefined })}
        />
      )}
    </Field>
  )
  const hintOf = (field: string) => (field === 'name' ? t('nameHint') : undefined)
  const toggle = (field: 'tty' | 'stdin' | 'init' | 'autoRemove') => (
    <Check
      label={t(`field.${field}`)}
      hint={errorAt(field)}
      checked={spec[field]}
      onChange={(checked) => set({ [field]: checked })}
    />
  )
  return (
    <Section title={t('section.basics')} defaultOpen>
      <div className="grid gap-3 sm:grid-cols-[1fr_auto]">
        <Field label={t('field.image')} error={errorAt('image')} required>
          {(props) => (
            <>
              <Input
                {...props}
                list={listId}
                value={spec.image}
                placeholder="registry.example/team/app:1.2"
                autoComplete="off"
                spellCheck={false}
                onChange={(event) => set({ image: event.target.value.trim() })}
              />
              <datalist id={listId}>
                {references.map((reference) => (
                  <option key={reference} value={reference}>
                    {reference}
                  </option>
                ))}
              </datalist>
            </>
          )}
        </Field>
        <Field label={t('field.pull')}>
          {(props) => (
            <Select<Pull>
              {...props}
              value={pull}
              onValueChange={onPull}
              options={pulls.map((value) => ({
                value,
                label: t(`pull.${value}`),
                disabled: value !== 'never' && !mayPull,
              }))}
            />
          )}
        </Field>
      </div>
      {text('name')}
      <ParsedField
        path="command"
        label={t('field.command')}
        hint={t('commandHint')}
        value={spec.command}
        notation={commandWords}
        onChange={(command) => set({ command })}
      />
      <ParsedField
        path="entrypoint"
        label={t('field.entrypoint')}
        hint={t('entrypointHint')}
        value={spec.entrypoint?.length === 0 ? [''] : spec.entrypoint}
        notation={commandWords}
        onChange={(words) => set({ entrypoint: words?.join('') === '' ? [] : words })}
      />
      <div className="grid gap-3 sm:grid-cols-2">
        {text('workdir', '/')}
        {text('user', '1000:1000')}
        {text('hostname')}
        {text('platform', 'linux/amd64')}
      </div>
      <div className="grid gap-2 sm:grid-cols-2">
        {toggle('tty')}
        {toggle('stdin')}
        {toggle('init')}
        {toggle('autoRemove')}
      </div>
    </Section>
  )
}
