'use client'
import dynamic from 'next/dynamic'
import type { ContainerTabProps } from '#components/page/container-tab.ts'
import { Skeleton } from '#components/ui/skeleton.tsx'

/** The charts' library comes when they are first looked at. */
const StatsView = dynamic(() => import('./stats-view.tsx').then((module) => module.StatsView), {
  ssr: false,
  loading: () => <StatsSkeleton />,
})

export function StatsTab(props: ContainerTabProps) {
  return <StatsView {...props} />
}

/** The charts' outline at their height. */
export function StatsSkeleton() {
  return (
    <div aria-busy className="@container overflow-hidden p-4">
      <div className="mb-3 h-8" />
      <div className="grid @3xl:grid-cols-2 gap-3">
        {['cpu', 'memory', 'network', 'block'].map((name) => (
          <div key={name} className="h-52 rounded-lg border bg-surface p-3">
            <Skeleton className="w-24" />
          </div>
        ))}
      </div>
    </div>
  )
}
