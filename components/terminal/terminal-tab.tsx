'use client'
import dynamic from 'next/dynamic'
import { useTranslations } from 'use-intl'
import type { ContainerTabProps } from '#components/page/container-tab.ts'
import { EmptyState } from '#components/ui/empty-state.tsx'
import { Skeleton } from '#components/ui/skeleton.tsx'

const TerminalView = dynamic(() => import('./terminal-view.tsx').then((module) => module.TerminalView), {
  ssr: false,
  loading: () => <Skeleton className="m-4 h-5 w-64" />,
})

/** A shell in the container, in its drawer and on its page. */
export function TerminalTab({ container, stale }: ContainerTabProps) {
  const t = useTranslations('terminal')
  if (stale || (container.state !== 'running' && container.state !== 'paused')) {
    return <EmptyState title={t('notRunning')}>{t('notRunningText')}</EmptyState>
  }
  return <TerminalView container={container} />
}
