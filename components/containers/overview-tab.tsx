'use client'
import { NewerImage } from '#components/containers/newer-image.tsx'
import type { ContainerTabProps } from '#components/page/container-tab.ts'
import { ContainerExtras } from './container-extras.tsx'
import { ContainerOverview } from './container-overview.tsx'
import { TabBody, waitingFor } from './tab-body.tsx'
import { useContainerInspect } from './use-container-inspect.ts'

export function OverviewTab({ container, host, stale }: ContainerTabProps) {
  const query = useContainerInspect(container, { stale })
  return (
    <TabBody>
      {!stale && <NewerImage container={container} />}
      <ContainerOverview container={container} host={host} inspect={query.data} />
      {waitingFor(query, stale)}
      {!stale && <ContainerExtras container={container} inspect={query.data} />}
    </TabBody>
  )
}
