'use client'
import { useTranslations } from 'use-intl'
import { JsonView } from '#components/ui/json-view.tsx'
import type { ContainerTabProps } from './container-tabs.tsx'
import { TabBody, waitingFor } from './tab-body.tsx'
import { useContainerInspect } from './use-container-inspect.ts'

export function InspectTab({ container, stale }: ContainerTabProps) {
  const t = useTranslations('containers.drawer')
  const query = useContainerInspect(container, { stale })
  return (
    <TabBody>
      {waitingFor(query, stale) ?? (query.data && <JsonView value={query.data} searchLabel={t('search')} />)}
    </TabBody>
  )
}
