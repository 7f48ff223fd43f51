'use client'
import { useTranslations } from 'use-intl'
import type { ContainerTabProps } from '#components/page/container-tab.ts'
import { JsonView } from '#components/ui/json-view.tsx'
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
