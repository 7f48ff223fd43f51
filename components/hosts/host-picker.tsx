'use client'
import { useTranslations } from 'use-intl'
import { useAllHosts } from '#components/data/use-live.ts'
import { useMay } from '#components/data/use-session.ts'
import { HostStateMark } from '#components/hosts/host-state.tsx'
import { Checkbox } from '#components/ui/checkbox.tsx'
import type { Permission } from '#lib/permissions.ts'

/** The hosts on which it is made. Those that are not reachable now can't be chosen. */
export function HostPicker({
  chosen,
  onChange,
  needs,
  note,
  isExcluded = () => false,
}: {
  chosen: ReadonlySet<string>
  onChange(chosen: ReadonlySet<string>): void
  /** Hosts where one may not are shown, and can't be chosen. */
  needs: Permission
  /** What there is to know of a host for the choice. */
  note?(hostId: string): string
  /** Never to be chosen. */
  isExcluded?(hostId: string): boolean
}) {
  const t = useTranslations('create')
  const hosts = useAllHosts()
  const may = useMay()
  return (
    <fieldset className="rounded-lg border bg-surface">
      <legend className="sr-only">{t('hosts')}</legend>
      <div className="flex items-baseline justify-between px-4 pt-2.5 pb-1">
        <h2 className="font-medium">{t('hosts')}</h2>
        <span className="text-ink-faint text-xs">{t('hostsChosen', { count: chosen.size })}</span>
      </div>
      <ul className="max-h-64 overflow-y-auto pb-2">
        {hosts.map((host) => {
          const allowed = may(needs, { hostId: host.id })
          return (
            <li key={host.id}>
              <label className="flex items-center gap-2.5 px-4 py-1 hover:bg-hover has-disabled:opacity-60">
                <Checkbox
                  checked={chosen.has(host.id)}
                  disabled={!allowed || host.state !== 'online' || isExcluded(host.id)}
                  onChange={(event) => {
                    const next = new Set(chosen)
                    if (event.target.checked) next.add(host.id)
                    else next.delete(host.id)
                    onChange(next)
                  }}
                />
                <span className="min-w-0 truncate">{host.name}</span>
                {(note || !allowed) && (
                  <span className="shrink-0 text-ink-muted text-xs">
                    {allowed ? note?.(host.id) : t('hostDenied')}
                  </span>
                )}
                <span className="ml-auto shrink-0 text-ink-faint text-xs">
                  {host.engine && `${host.engine.flavour} ${host.engine.version}`}
                </span>
                <HostStateMark host={host} quiet />
              </label>
            </li>
          )
        })}
      </ul>
    </fieldset>
  )
}
