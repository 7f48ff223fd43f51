'use client'
import dynamic from 'next/dynamic'
import type { ContainerTabProps } from '#components/page/container-tab.ts'
import { Skeleton } from '#components/ui/skeleton.tsx'

const LogViewer = dynamic(() => import('./log-view.tsx').then((module) => module.LogViewer), {
  ssr: false,
  loading: () => <Skeleton className="m-4 h-5 w-64" />,
})

/** The log of one container, in its drawer and on its page. */
export function LogsTab({ container: { hostId, id } }: ContainerTabProps) {
  return <LogViewer selection={{ containers: [{ hostId, containerId: id }] }} />
}
