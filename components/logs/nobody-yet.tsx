'use client'
import { useMemo } from 'react'
import { useTranslations } from 'use-intl'
import { WhyEmpty } from '#components/container-filter/why-empty.tsx'
import { useFleet, useLoaded } from '#components/data/use-live.ts'
import { SilentHosts, useSilentHosts } from '#components/object-list/silent-hosts.tsx'
import { matchesFilter, parseContainerFilter } from '#lib/containers/filter.ts'
import type { Container } from '#lib/contracts/containers.ts'

/** Above an empty log: that no container matches the filter, and why. One that comes is shown at once. */
export function NobodyYet({ filter, containers }: { filter: string; containers: readonly Container[] }) {
  const t = useTranslations('logs')
  const loaded = useLoaded()
  const hosts = useFleet((fleet) => fleet.hosts)
  const { silent } = useSilentHosts('containers')
  const somebody = useMemo(() => {
    const parsed = parseContainerFilter(filter)
    return (
      !parsed.ok ||
      containers.some((container) => matchesFilter(parsed.terms, container, hosts.get(container.hostId)))
    )
  }, [filter, containers, hosts])
  if (!loaded || somebody) return null
  return (
    <p role="status" className="shrink-0 border-t bg-surface px-4 py-2 text-ink-muted md:px-5">
      {t('nobody')} <WhyEmpty filter={filter} otherwise="" /> <SilentHosts hosts={silent} />
    </p>
  )
}
