'use client'
import { useTranslations } from 'use-intl'
import { Field } from '#components/ui/field.tsx'
import { Input } from '#components/ui/input.tsx'
import { Select } from '#components/ui/select.tsx'
import { parseSize, printSize } from '#lib/containers/spec.ts'
import type { ContainerSpec } from '#lib/contracts/container-create.ts'
import { toUlimit } from '#lib/docker-run/values.ts'
import { useSpecForm } from './form-context.tsx'
import { decimal, ParsedField, size, whole } from './parsed-field.tsx'
import { Section } from './section.tsx'

type Policy = ContainerSpec['restart']['policy']
const policies: readonly Policy[] = ['no', 'on-failure', 'always', 'unless-stopped']
type Limit = keyof ContainerSpec['limits']

const swap = {
  print: (bytes: number) => (bytes < 0 ? '-1' : printSize(bytes)),
  parse: (text: string) => (text.trim() === '-1' ? -1 : parseSize(text)),
  placeholder: '1g',
}
const ulimits = {
  print: (rows: ContainerSpec['ulimits']) =>
    rows.map(({ name, soft, hard }) => `${name}=${soft}:${hard}`).join(', '),
  parse(text: string) {
    const rows = text
      .split(/[\s,]+/)
      .filter((word) => word !== '')
      .map(toUlimit)
    return rows.some((row) => row === null) ? null : (rows as ContainerSpec['ulimits'])
  },
  placeholder: 'nofile=1024:2048',
}

/** When the engine starts it again, and how much it may take. */
export function LimitsSection() {
  const t = useTranslations('create')
  const { spec, set, errorAt } = useSpecForm()
  const { limits } = spec
  const limit = (
    field: Exclude<Limit, 'cpuset'>,
    notation: typeof size | typeof whole | typeof swap,
    placeholder?: string,
  ) => (
    <ParsedField
      path={`limits.${field}`}
      label={t(`limit.${field}`)}
      value={limits[field]}
      notation={notation}
      {...(placeholder ? { placeholder } : {})}
      onChange={(value) => {
        const { [field]: _, ...rest } = limits
        set({ limits: value === undefined ? rest : { ...rest, [field]: value } })
      }}
    />
  )
  const summary = [
    spec.restart.policy === 'no' ? '' : t(`policy.${spec.restart.policy}`),
    limits.memory ? printSize(limits.memory) : '',
    limits.cpus ? t('cpus', { count: limits.cpus }) : '',
  ]
    .filter(Boolean)
    .join(', ')
  return (
    <Section title={t('section.limits')} summary={summary || undefined}>
      <div className="grid gap-3 sm:grid-cols-2">
        <Field label={t('field.restart')} error={errorAt('autoRemove')}>
          {(props) => (
            <Select<Policy>
              {...props}
              value={spec.restart.policy}
              onValueChange={(policy) => set({ restart: { policy } })}
              options={policies.map((value) => ({ value, label: t(`policy.${value}`) }))}
            />
          )}
        </Field>
        {spec.restart.policy === 'on-failure' && (
          <ParsedField
            path="restart.retries"
            label={t('field.retries')}
            hint={t('retriesHint')}
            value={spec.restart.retries}
            notation={whole}
            onChange={(retries) =>
              set({ restart: { policy: 'on-failure', ...(retries === undefined ? {} : { retries }) } })
            }
          />
        )}
      </div>
      <div className="grid gap-3 sm:grid-cols-3">
        {limit('memory', size)}
        {limit('memoryReservation', size)}
        {limit('memorySwap', swap)}
        {limit('cpus', decimal, '1.5')}
        {limit('cpuShares', whole, '1024')}
        <Field label={t('limit.cpuset')}>
          {(props) => (
            <Input
              {...props}
              value={limits.cpuset ?? ''}
              placeholder="0-1"
              onChange={(event) => set({ limits: { ...limits, cpuset: event.target.value } })}
            />
          )}
        </Field>
        {limit('pids', whole, '200')}
        {limit('shmSize', size, '64m')}
        <ParsedField
          path="stopTimeout"
          label={t('field.stopTimeout')}
          value={spec.stopTimeout}
          notation={whole}
          placeholder="10"
          onChange={(stopTimeout) => set({ stopTimeout })}
        />
        <Field label={t('field.stopSignal')}>
          {(props) => (
            <Input
              {...props}
              value={spec.stopSignal ?? ''}
              placeholder="SIGTERM"
              onChange={(event) => set({ stopSignal: event.target.value.trim() || undefined })}
            />
          )}
        </Field>
        <ParsedField
          path="ulimits"
          label={t('field.ulimits')}
          value={spec.ulimits.length > 0 ? spec.ulimits : undefined}
          notation={ulimits}
          className="sm:col-span-2"
          onChange={(rows) => set({ ulimits: rows ?? [] })}
        />
      </div>
    </Section>
  )
}
