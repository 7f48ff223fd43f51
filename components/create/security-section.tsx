'use client'
import { TriangleAlert } from 'lucide-react'
import { useTranslations } from 'use-intl'
import { Field } from '#components/ui/field.tsx'
import { Input } from '#components/ui/input.tsx'
import type { ContainerSpec } from '#lib/contracts/container-create.ts'
import { toDevice } from '#lib/docker-run/values.ts'
import { Check } from './check.tsx'
import { useSpecForm } from './form-context.tsx'
import { PairRows } from './pair-rows.tsx'
import { ParsedField, wordList } from './parsed-field.tsx'
import { Section } from './section.tsx'

const devices = {
  print: (rows: ContainerSpec['devices']) =>
    rows.map(({ host, container, permissions }) => `${host}:${container}:${permissions}`).join(', '),
  parse(text: string) {
    const rows = (wordList.parse(text) ?? []).map(toDevice)
    return rows.some((row) => row === null) ? null : (rows as ContainerSpec['devices'])
  },
  placeholder: '/dev/snd',
}
const namespaces = ['pidMode', 'ipcMode', 'utsMode', 'usernsMode'] as const
const lists = ['capAdd', 'capDrop', 'securityOptions', 'groups'] as const
const examples = {
  capAdd: 'NET_ADMIN',
  capDrop: 'ALL',
  securityOptions: 'no-new-privileges',
  groups: 'audio',
}

/** What it may do beyond an ordinary container, and what is taken from it. */
export function SecuritySection() {
  const t = useTranslations('create')
  const { spec, set, errorAt } = useSpecForm()
  return (
    <Section
      title={t('section.security')}
      summary={spec.privileged ? t('field.privileged') : spec.capAdd.join(', ') || undefined}
      defaultOpen={spec.privileged}
    >
      <Check
        label={t('field.privileged')}
        hint={errorAt('privileged') ?? t('privilegedHint')}
        checked={spec.privileged}
        onChange={(privileged) => set({ privileged })}
      />
      {spec.privileged && (
        <p role="alert" className="flex items-start gap-2 rounded-md bg-caution-soft px-3 py-2 text-caution">
          <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0" /> {t('privilegedWarning')}
        </p>
      )}
      <Check label={t('field.readOnly')} checked={spec.readOnly} onChange={(readOnly) => set({ readOnly })} />
      <div className="grid gap-3 sm:grid-cols-2">
        {lists.map((field) => (
          <ParsedField
            key={field}
            path={field}
            label={t(`field.${field}`)}
            value={spec[field].length > 0 ? spec[field] : undefined}
            notation={wordList}
            placeholder={examples[field]}
            onChange={(words) => set({ [field]: words ?? [] })}
          />
        ))}
        <ParsedField
          path="devices"
          label={t('field.devices')}
          value={spec.devices.length > 0 ? spec.devices : undefined}
          notation={devices}
          onChange={(rows) => set({ devices: rows ?? [] })}
        />
        <Field label={t('field.gpus')} error={errorAt('gpus')}>
          {(props) => (
            <Input
              {...props}
              value={spec.gpus ?? ''}
              placeholder="all"
              onChange={(event) => set({ gpus: event.target.value.trim() || undefined })}
            />
          )}
        </Field>
        {namespaces.map((field) => (
          <Field key={field} label={t(`field.${field}`)} error={errorAt(field)}>
            {(props) => (
              <Input
                {...props}
                value={spec[field] ?? ''}
                placeholder="host"
                onChange={(event) => set({ [field]: event.target.value.trim() || undefined })}
              />
            )}
          </Field>
        ))}
      </div>
      <PairRows
        path="sysctls"
        label={t('field.sysctls')}
        rows={spec.sysctls}
        addLabel={t('add.sysctls')}
        onChange={(sysctls) => set({ sysctls })}
      />
    </Section>
  )
}
