import { Skeleton } from '#components/ui/skeleton.tsx'

/** The page's outline at its final heights, before the first data. */
export function FleetSkeleton() {
  return (
    <div aria-busy className="flex flex-col gap-6">
      <div className="grid h-16 grid-cols-2 items-center gap-4 rounded-lg border bg-surface px-4 sm:grid-cols-4 lg:grid-cols-7">
        {['hosts', 'running', 'unhealthy', 'exited'].map((name) => (
          <Skeleton key={name} className="h-4 w-16" />
        ))}
      </div>
      <div className="rounded-lg border bg-surface">
        {['first', 'second', 'third', 'fourth'].map((name) => (
          <div key={name} className="flex h-11 items-center gap-6 border-b px-4 last:border-b-0">
            <Skeleton className="w-40" />
            <Skeleton className="w-24" />
          </div>
        ))}
      </div>
    </div>
  )
}
