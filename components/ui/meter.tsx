import { cn } from './cn.ts'

/** How full something is. `value` from 0 to 1, null when not known; turns amber at `caution` and red at `danger`. */
export function Meter({
  value,
  label,
  caution = 0.8,
  danger = 0.95,
  className,
}: {
  value: number | null
  /** What is measured, with its value in words. */
  label: string
  caution?: number
  danger?: number
  className?: string
}) {
  const share = value === null ? 0 : Math.min(1, Math.max(0, value))
  const colour =
    share >= danger ? 'bg-state-unhealthy' : share >= caution ? 'bg-state-paused' : 'bg-ink-faint'
  return (
    <span
      {...(value === null
        ? { role: 'img' }
        : {
            role: 'meter',
            'aria-valuemin': 0,
            'aria-valuemax': 100,
            'aria-valuenow': Math.round(share * 100),
            'aria-valuetext': label,
          })}
      aria-label={label}
      className={cn(
        'block h-1 w-16 overflow-hidden rounded-full bg-press',
        value === null && 'hatched',
        className,
      )}
    >
      <span
        className={cn('block h-full origin-left rounded-full', colour)}
        style={{ transform: `scaleX(${share})` }}
      />
    </span>
  )
}
