import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { ErrorNote } from '#components/ui/error-note.tsx'
import { Skeleton } from '#components/ui/skeleton.tsx'

/** The scrolling body of a tab that is a document. */
export function TabBody({ children }: { children: ReactNode }) {
  return <div className="fill w-full max-w-5xl gap-4 overflow-y-auto p-4">{children}</div>
}

/** What stands in for a tab's data while it comes, or when it failed. Null when it is here, or the host is away. */
export function waitingFor(
  query: Pick<UseQueryResult, 'isPending' | 'error' | 'refetch'>,
  stale: boolean,
): ReactNode {
  if (query.error) return <ErrorNote error={query.error} onRetry={() => void query.refetch()} />
  if (!query.isPending || stale) return null
  return (
    <div className="flex flex-col gap-3">
      {[40, 64, 52, 36].map((width) => (
        <Skeleton key={width} className={width > 50 ? 'w-64' : 'w-40'} />
      ))}
    </div>
  )
}
