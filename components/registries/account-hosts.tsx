'use client'
import { useTranslations } from 'use-intl'
import { useAllHosts } from '#components/data/use-live.ts'
import { Checkbox } from '#components/ui/checkbox.tsx'
import { CheckField } from '#components/ui/field.tsx'
import type { HostSelector } from '#lib/contracts/access.ts'

const nameOf = (selector: HostSelector) =>
  selector.kind === 'tag' ? `tag ${selector.tag}` : selector.kind === 'host' ? selector.hostId : 'all'

/** Which hosts a registry's account is sent to: all, or some and those with a tag. */
export function AccountHosts({
  hosts,
  onChange,
}: {
  hosts: readonly HostSelector[]
  onChange(hosts: HostSelector[]): void
}) {
  const t = useTranslations('registries.form')
  const known = useAllHosts()
  const tags = [...new Set(known.flatMap((host) => host.tags))].toSorted()
  const isForAll = hosts.some(({ kind }) => kind === 'all')
  const chosen = new Set(hosts.map(nameOf))
  const choices: { selector: HostSelector; label: string; hint?: string }[] = [
    ...tags.map((tag) => ({ selector: { kind: 'tag' as const, tag }, label: t('hostsWithTag', { tag }) })),
    ...known.map(({ id, name, takesAccounts }) => ({
      selector: { kind: 'host' as const, hostId: id },
      label: name,
      ...(takesAccounts ? {} : { hint: t('hostTakesNone') }),
    })),
  ]
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1 font-medium text-ink">{t('hosts')}</legend>
      <CheckField label={t('hostsAll')} hint={t(isForAll ? 'hostsAllHint' : 'hostsSomeHint')}>
        {(props) => (
          <Checkbox
            {...props}
            checked={isForAll}
            onChange={(event) => onChange(event.target.checked ? [{ kind: 'all' }] : [])}
          />
        )}
      </CheckField>
      {!isForAll && (
        <div className="flex max-h-48 flex-col gap-1.5 overflow-y-auto pl-6">
          {choices.map(({ selector, label, hint }) => (
            <CheckField key={nameOf(selector)} label={label} hint={hint}>
              {(props) => (
                <Checkbox
                  {...props}
                  checked={chosen.has(nameOf(selector))}
                  onChange={(event) =>
                    onChange([
                      ...hosts.filter((other) => nameOf(other) !== nameOf(selector)),
                      ...(event.target.checked ? [selector] : []),
                    ])
                  }
                />
              )}
            </CheckField>
          ))}
        </div>
      )}
    </fieldset>
  )
}
