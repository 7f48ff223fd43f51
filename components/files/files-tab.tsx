'use client'
import dynamic from 'next/dynamic'
import type { ContainerTabProps } from '#components/page/container-tab.ts'
import { Skeleton } from '#components/ui/skeleton.tsx'

const FilesView = dynamic(() => import('./files-view.tsx').then((module) => module.FilesView), {
  ssr: false,
  loading: () => <Skeleton className="m-4 h-5 w-64" />,
})

/** The container's files, in its drawer and on its page. */
export function FilesTab({ container, stale }: ContainerTabProps) {
  return <FilesView container={container} stale={stale} />
}
