'use client'
import { useMemo } from 'react'
import { useTranslations } from 'use-intl'
import { useContainers, useFleet } from '#components/data/use-live.ts'
import { parseContainerFilter, whatExcludes } from '#lib/containers/filter.ts'

/** Which word of a filter leaves nothing over, and how words go together; `otherwise` where no single one is to blame. */
export function WhyEmpty({ filter, otherwise }: { filter: string; otherwise: string }) {
  const t = useTranslations('containers.empty')
  const containers = useContainers()
  const hosts = useFleet((fleet) => fleet.hosts)
  const blamed = useMemo(() => {
    const parsed = parseContainerFilter(filter)
    return parsed.ok ? whatExcludes(filter, parsed.terms, containers, hosts) : null
  }, [filter, containers, hosts])
  if (!blamed) return otherwise
  return t.rich('excluded', { ...blamed, code: (chunks) => <code>{chunks}</code> })
}
