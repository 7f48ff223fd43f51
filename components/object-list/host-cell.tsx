'use client'
import { useTranslations } from 'use-intl'
import { Age } from '#components/ui/age.tsx'
import type { Host } from '#lib/contracts/hosts.ts'
import { isOldOf, type ReadKind } from '#lib/fleet/host-reading.ts'

/** A row's host; and since when what it says is from before. */
export function HostCell({ host, kind }: { host: Host | undefined; kind: ReadKind }) {
  const t = useTranslations('lists')
  if (!host) return null
  return (
    <span className="text-ink-muted">
      {host.name}
      {isOldOf(host, kind) && (
        <span className="text-caution text-xs">
          {' '}
          {t.rich('staleShort', { age: () => <Age at={host.syncedAt} /> })}
        </span>
      )}
    </span>
  )
}
