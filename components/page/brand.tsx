import { cn } from '#components/ui/cn.ts'

/** A ship's anchor ring over its chain: three strokes that hold at 16 px. */
export function BrandMark({ className }: { className?: string }) {
  return (
    <svg
      aria-hidden
      viewBox="0 0 20 20"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.75"
      strokeLinecap="round"
      strokeLinejoin="round"
      className={cn('size-5 shrink-0 text-accent', className)}
    >
      <circle cx="10" cy="4" r="2" />
      <path d="M10 6v11.5M6.5 9.5h7M3 11.5c.4 3.6 3.2 6 7 6s6.6-2.4 7-6" />
    </svg>
  )
}
