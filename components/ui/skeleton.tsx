import { cn } from './cn.ts'

/** Grey bar of the final content's size. Still: a page of moving bars is not calm. */
export function Skeleton({ className }: { className?: string }) {
  return <span aria-hidden className={cn('skeleton-bar block h-3 w-24', className)} />
}
