'use client'
import { useState } from 'react'
import { useTranslations } from 'use-intl'
import { useContainer, useHost, useLoaded } from '#components/data/use-live.ts'
import { useScopedHref } from '#components/data/use-scope.ts'
import { useGoneWords } from '#components/object-list/silent-hosts.tsx'
import { PageHeader } from '#components/page/page-header.tsx'
import { EmptyState } from '#components/ui/empty-state.tsx'
import { Skeleton } from '#components/ui/skeleton.tsx'
import { ActionDialog, type Question } from './action-dialogs.tsx'
import { ContainerActions } from './container-actions.tsx'
import { ContainerDetailView } from './container-detail.tsx'
import { isStale } from './container-state.tsx'
import { LiveState } from './live-state.tsx'
import { useContainerActions } from './use-container-actions.ts'

/** One container over the whole width. */
export function ContainerPage({ hostId, containerId }: { hostId: string; containerId: string }) {
  const t = useTranslations('containers.drawer')
  const loaded = useLoaded()
  const container = useContainer(hostId, containerId)
  const host = useHost(hostId)
  const gone = useGoneWords(hostId, 'containers', { title: t('gone'), text: t('goneText') })
  const [question, setQuestion] = useState<Question | null>(null)
  const { run } = useContainerActions()
  const href = useScopedHref()
  if (!loaded) return <Skeleton className="m-5 h-6 w-48" />
  if (!container) return <EmptyState title={gone.title}>{gone.text}</EmptyState>
  return (
    <div className="fill">
      <PageHeader
        title={container.name}
        back={{ href: href('/containers'), label: t('toList') }}
        count={
          <span className="flex min-w-0 items-center gap-2">
            <LiveState container={container} />
            <span className="truncate max-md:hidden">{host?.name}</span>
          </span>
        }
        actions={
          <ContainerActions
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
