'use client'
import { useId, useMemo } from 'react'
import { useTranslations } from 'use-intl'
import { useAllHosts, useFleet } from '#components/data/use-live.ts'
import { Field } from '#components/ui/field.tsx'
import { Input } from '#components/ui/input.tsx'
import { Segmented } from '#components/ui/segmented.tsx'
import { Select } from '#components/ui/select.tsx'
import { selectsContainer, selectsHost } from '#lib/access.ts'
import type { ContainerSelector, HostSelector } from '#lib/contracts/access.ts'
import type { Container } from '#lib/contracts/containers.ts'
import type { Host } from '#lib/contracts/hosts.ts'
import type { GrantPlace, selectorsOf } from './grant-place.ts'

const hostKinds = ['all', 'tag', 'host'] as const
const containerKinds = ['all', 'label', 'name'] as const
/** Suggestions; more can be typed. */
const mostSuggestions = 200

/** Which hosts, and which containers of them, with what is there to choose from. */
export function GrantFields({ value, onChange }: { value: GrantPlace; onChange(value: GrantPlace): void }) {
  const t = useTranslations('access.grant')
  const all = useAllHosts()
  const fleet = useFleet((held) => held.containers)
  const { hosts, containers } = value
  const setHosts = (change: Partial<GrantPlace['hosts']>) =>
    onChange({ ...value, hosts: { ...hosts, ...change } })
  const setContainers = (change: Partial<GrantPlace['containers']>) =>
    onChange({ ...value, containers: { ...containers, ...change } })
  const tags = useMemo(() => unique(all.flatMap((host) => host.tags)), [all])
  const labels = useMemo(
    () => [...fleet.values()].flatMap((container) => Object.entries(container.labels)),
    [fleet],
  )
  const key = containers.key.trim()
  return (
    <>
      <div className="flex flex-col gap-2">
        <span aria-hidden className="font-medium">
          {t('hosts')}
        </span>
        <Segmented
          label={t('hosts')}
          value={hosts.kind}
          onValueChange={(kind: HostSelector['kind']) => setHosts({ kind })}
          options={hostKinds.map((kind) => ({ value: kind, label: t(`hostKind.${kind}`) }))}
        />
        {hosts.kind === 'tag' && (
          <Suggested
            label={t('tag')}
            hint={t('tagHint')}
            value={hosts.tag}
            maxLength={40}
            suggestions={tags}
            onChange={(tag) => setHosts({ tag })}
          />
        )}
        {hosts.kind === 'host' && (
          <Field label={t('oneHost')} required>
            {(props) => (
              <Select<string>
                {...props}
                value={hosts.hostId}
                onValueChange={(hostId) => setHosts({ hostId })}
                options={[
                  { value: '', label: t('choose'), disabled: true },
                  ...all.map((host) => ({ value: host.id, label: host.name })),
                ]}
              />
            )}
          </Field>
        )}
      </div>
      <div className="flex flex-col gap-2">
        <span aria-hidden className="font-medium">
          {t('containers')}
        </span>
        <Segmented
          label={t('containers')}
          value={containers.kind}
          onValueChange={(kind: ContainerSelector['kind']) => setContainers({ kind })}
          options={containerKinds.map((kind) => ({ value: kind, label: t(`containerKind.${kind}`) }))}
        />
        {containers.kind === 'label' && (
          <div className="grid gap-3 md:grid-cols-2">
            <Suggested
              label={t('key')}
              value={containers.key}
              maxLength={256}
              suggestions={unique(labels.map(([name]) => name))}
              onChange={(next) => setContainers({ key: next })}
            />
            <Suggested
              label={t('value')}
              hint={t('valueHint')}
              optional
              value={containers.value}
              maxLength={1024}
              suggestions={unique(labels.flatMap(([name, text]) => (name === key ? text : [])))}
              onChange={(next) => setContainers({ value: next })}
            />
          </div>
        )}
        {containers.kind === 'name' && (
          <Suggested
            label={t('pattern')}
            hint={t('patternHint')}
            value={containers.pattern}
            maxLength={128}
            suggestions={unique([...fleet.values()].map(({ name }) => name))}
            onChange={(pattern) => setContainers({ pattern })}
          />
        )}
        {containers.kind !== 'all' && <p className="text-ink-muted text-xs">{t('partText')}</p>}
      </div>
    </>
  )
}

const unique = (values: readonly string[]) =>
  [...new Set(values)].sort((a, b) => a.localeCompare(b)).slice(0, mostSuggestions)

/** A field with suggestions of the browser's own, which keyboards and screen readers know. */
function Suggested({
  suggestions,
  label,
  hint,
  optional = false,
  value,
  maxLength,
  onChange,
}: {
  suggestions: readonly string[]
  label: string
  hint?: string
  optional?: boolean
  value: string
  maxLength: number
  onChange(value: string): void
}) {
  const list = useId()
  return (
    <Field label={label} hint={hint} required={!optional}>
      {(props) => (
        <>
          <Input
            {...props}
            list={list}
            value={value}
            maxLength={maxLength}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            onChange={(event) => onChange(event.target.value)}
          />
          <datalist id={list}>
            {suggestions.map((text) => (
              <option key={text} value={text}>
                {text}
              </option>
            ))}
          </datalist>
        </>
      )}
    </Field>
  )
}

/** What the selectors take in at this moment. */
export function useMatches(selectors: ReturnType<typeof selectorsOf>): {
  hosts: Host[]
  containers: Container[]
} {
  const all = useAllHosts()
  const fleet = useFleet((held) => held.containers)
  if (!selectors) return { hosts: [], containers: [] }
  const hosts = all.filter((host) => selectsHost(selectors.hosts, host))
  const ids = new Set(hosts.map(({ id }) => id))
  const containers = [...fleet.values()].filter(
    (container) => ids.has(container.hostId) && selectsContainer(selectors.containers, container),
  )
  return { hosts, containers }
}
