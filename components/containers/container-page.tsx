'use client'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { useContainer, useHost, useLoaded } from '#components/data/use-live.ts'
import { PageHeader } from '#components/shell/page-header.tsx'
import { EmptyState } from '#components/ui/empty-state.tsx'
import { Skeleton } from '#components/ui/skeleton.tsx'
import { ActionDialog, type Question } from './action-dialogs.tsx'
import { ContainerDetailView } from './container-detail.tsx'
import { ContainerMenu } from './container-menu.tsx'
import { isStale } from './container-state.tsx'
import { useContainerActions } from './use-container-actions.ts'

/** One container over the whole width. */
export function ContainerPage({ hostId, containerId }: { hostId: string; containerId: string }) {
  const t = useTranslations('containers.drawer')
  const loaded = useLoaded()
  const container = useContainer(hostId, containerId)
  const host = useHost(hostId)
  const [question, setQuestion] = useState<Question | null>(null)
  const { run } = useContainerActions()
  if (!loaded) return <Skeleton className="m-5 h-6 w-48" />
  if (!container) return <EmptyState title={t('gone')}>{t('goneText')}</EmptyState>
  return (
    <div className="fill">
      <PageHeader
        title={container.name}
        count={host?.name}
        actions={
          <ContainerMenu
            container={container}
            disabled={isStale(host)}
            onRun={(action) => void run(container, action)}
            onAsk={(action) => setQuestion({ action, container })}
          />
        }
      />
      <div className="fill">
        <ContainerDetailView key={`${hostId}/${container.id}`} container={container} />
      </div>
      <ActionDialog
        question={question}
        onClose={() => setQuestion(null)}
        onRun={(asked, options) => void run(container, asked.action, options)}
      />
    </div>
  )
}
